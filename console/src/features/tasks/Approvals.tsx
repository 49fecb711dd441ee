import { Badge, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { type Made, MadeOf } from "@/parts/Framed";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { taskWords } from "@/words/tasks";

const words = taskWords.approvals;

interface Waiting {
  needs: string;
  channel: string;
  template: string;
  proposal_id: string;
  profile_id: number | null;
  automation: string;
  at: string;
  expires_at: string | null;
  asked_by?: string;
  approvers: string[];
  status: string;
  [key: string]: unknown;
}

/** What the person would get, which is asked for when somebody wants to read it. */
function Message({ template, profile }: { template: string; profile: string }) {
  const [open, setOpen] = useState(false);
  const params = { path: { name: template }, query: { profile } };
  const made = useAsk<Made>(["templates", template, "preview", profile], () => api.GET("/api/v1/templates/{name}/preview", { params }), { when: open });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary style={{ cursor: "pointer", fontSize: "var(--mantine-font-size-sm)" }}>{words.read}</summary>
      {open && <Asked query={made}>{(found) => <MadeOf made={found} />}</Asked>}
    </details>
  );
}

function One({ each }: { each: Waiting }) {
  const path = { proposal: each.proposal_id };
  return (
    <Panel>
      <Group gap="xs">
        <Text fw={600}>{[each.automation, each.template, each.channel].join(" · ")}</Text>
        <Badge variant="light">{worded(each.needs)}</Badge>
        {each.profile_id != null && <To to={`/profiles/${each.profile_id}`}>{taskWords.person(each.profile_id)}</To>}
      </Group>
      <Text size="sm" component="div">
        <Instant at={each.at} />
        {each.asked_by ? ` · ${words.asked} ${each.asked_by}` : ""}
        {each.expires_at !== null && (
          <>
            {" "}
            · {words.expires} <Instant at={each.expires_at} />
          </>
        )}
      </Text>
      {each.profile_id != null && <Message template={each.template} profile={String(each.profile_id)} />}
      <Group gap="xs">
        <ActButton
          needs="messages.approve"
          label={words.release}
          what={words.releaseWhat}
          done={words.released}
          stale={[["tasks"], ["now"]]}
          button={{ variant: "filled", size: "sm" }}
          act={(signed) => answer(api.POST("/api/v1/queue/{proposal}/release", { params: { path }, body: signed }))}
        />
        <ActButton
          needs="messages.approve"
          label={words.reject}
          done={words.rejected}
          stale={[["tasks"], ["now"]]}
          button={{ color: "red", variant: "light", size: "sm" }}
          act={(signed) => answer(api.POST("/api/v1/queue/{proposal}/reject", { params: { path }, body: signed }))}
        />
      </Group>
    </Panel>
  );
}

/** Messages that wait for a person's yes. */
export function Approvals() {
  const query = useAsk<Waiting[]>(["tasks", "queue"], () => api.GET("/api/v1/queue"), { every: 20_000 });
  return (
    <Asked query={query}>
      {(waiting) =>
        waiting.length === 0 ? (
          <Empty title={words.none} what={words.noneDo} />
        ) : (
          <Stack>
            {waiting.map((each) => (
              <One key={each.proposal_id + each.needs} each={each} />
            ))}
          </Stack>
        )
      }
    </Asked>
  );
}
