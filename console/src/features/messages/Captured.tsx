import { Alert, Group, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Filter } from "@/parts/Filter";
import { Framed } from "@/parts/Framed";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { messageWords } from "@/words/messages";

const words = messageWords.captured;

interface Message {
  at: string;
  channel: string;
  template: string;
  profile_id: number;
  journey: string | null;
  proposal_id: string;
  to: string;
  subject: string;
  text: string;
  html: string | null;
}

function One({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  return (
    <Panel>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{message.subject || message.template}</Text>
        <Text size="sm" component="div"><Instant at={message.at} /></Text>
      </Group>
      <Group gap="sm">
        <Text size="sm">{message.to}</Text>
        <Text size="sm" className="ff-quiet">{[message.channel, message.journey, message.template].filter(Boolean).join(" · ")}</Text>
        <To to={`/profiles/${message.profile_id}`} search={{ tab: "why" }}>{words.why}</To>
      </Group>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary style={{ cursor: "pointer" }}>{message.text.slice(0, 90).replaceAll("\n", " ")} …</summary>
        {open && <Framed made={{ is_made: true, ...message }} />}
      </details>
    </Panel>
  );
}

/** Messages that were kept in place of being sent, the newest first. */
export function Captured() {
  const { template } = useSearch({ from: "/messages" });
  const navigate = useNavigate();
  const query = { limit: 30, ...(template ? { template } : {}) };
  const found = useAsk<{ messages: Message[]; is_more: boolean }>(["captured", query], () => api.GET("/api/v1/captured", { params: { query } }), { keep: true });
  function set(next: string) {
    void navigate({ to: "/messages", search: { tab: "captured", template: next }, replace: true });
  }
  return (
    <Stack>
      <Filter label={words.template} value={template ?? ""} maw={300} take={set} />
      <Asked query={found}>
        {({ messages, is_more }) =>
          messages.length === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            <>
              {messages.map((each) => (
                <One key={each.proposal_id + each.at} message={each} />
              ))}
              {is_more && <Alert color="slate">{words.more}</Alert>}
            </>
          )
        }
      </Asked>
    </Stack>
  );
}
