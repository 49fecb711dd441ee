import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { messageWords } from "@/words/messages";

const words = messageWords.broadcast;
const ACTS: Record<string, string[]> = {
  not_started: ["start"],
  waiting: ["approve", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};

interface Broadcast {
  broadcast: string;
  edition: string;
  standing: string;
  audience: string;
  channel?: string;
  template?: string;
  recipients?: number;
}

type Told = Record<string, unknown>;

function Counts({ of }: { of: unknown }) {
  if (typeof of !== "object" || of === null) return null;
  return (
    <Group gap="md">
      {Object.entries(of as Told).map(([name, count]) => (
        <Text key={name} size="sm">
          <b>{String(count)}</b> {worded(name)}
        </Text>
      ))}
    </Group>
  );
}

function Opened({ row }: { row: Broadcast }) {
  const path = { name: row.broadcast };
  const plan = useAsk<Told>(["broadcasts", path.name, "plan"], () => api.GET("/api/v1/broadcasts/{name}/plan", { params: { path } }), { when: row.standing === "not_started" });
  const stands = useAsk<Told>(["broadcasts", path.name], () => api.GET("/api/v1/broadcasts/{name}", { params: { path } }), { every: 5_000, when: row.standing !== "not_started" });
  const acts = ACTS[row.standing] ?? ["pause", "resume", "cancel"];
  return (
    <Panel
      title={row.broadcast}
      actions={
        <Group gap="xs">
          {acts.map((act) => (
            <ActButton
              key={act}
              label={words.acts[act] ?? act}
              done={words.done}
              stale={[["broadcasts"]]}
              button={act === "cancel" ? { color: "red", variant: "light" } : { variant: "filled" }}
              act={(signed) => answer(api.POST("/api/v1/broadcasts/{name}/{act}", { params: { path: { ...path, act: act as "start" } }, body: { ...signed, edition: row.edition || null } }))}
            />
          ))}
        </Group>
      }
    >
      {row.standing === "not_started" ? (
        <Asked query={plan}>
          {(found) => (
            <Stack gap="xs">
              <Text fw={600} size="sm">{words.plan}</Text>
              {Object.entries(found).map(([name, value]) =>
                typeof value === "object" && value !== null && !Array.isArray(value) ? <div key={name}><Text size="sm" className="ff-quiet">{worded(name)}</Text><Counts of={value} /></div> : <Text key={name} size="sm">{worded(name)}: {typeof value === "object" ? JSON.stringify(value) : String(value)}</Text>,
              )}
            </Stack>
          )}
        </Asked>
      ) : (
        <Asked query={stands}>
          {(found) => (
            <Stack gap="xs">
              <Text fw={600} size="sm">{words.states}</Text>
              <Counts of={found.states} />
              <Text fw={600} size="sm">{words.record}</Text>
              <Code block>{(Array.isArray(found.acts) ? (found.acts as Told[]) : []).map((each) => Object.values(each).join(" · ")).join("\n")}</Code>
            </Stack>
          )}
        </Asked>
      )}
    </Panel>
  );
}

/** Broadcasts with their state; one opened with its plan or its progress. */
export function Broadcasts() {
  const { broadcast } = useSearch({ from: "/messages" });
  const query = useAsk<Broadcast[]>(["broadcasts", "all"], () => api.GET("/api/v1/broadcasts"), { every: 10_000 });
  return (
    <Asked query={query}>
      {(found) => {
        const chosen = found.find((each) => each.broadcast === broadcast);
        if (found.length === 0) return <Empty title={words.none} what={words.noneDo} />;
        return (
          <Stack>
            <Rows
              label={messageWords.tabs.broadcasts}
              rows={found}
              rowKey={(each) => each.broadcast + each.edition}
              columns={[
                { head: words.name, cell: (each) => <To to="/messages" search={{ tab: "broadcasts", broadcast: each.broadcast }}>{[each.broadcast, each.edition].filter(Boolean).join(" ")}</To> },
                { head: words.standing, cell: (each) => <Badge variant="light" tt="none">{worded(each.standing)}</Badge> },
                { head: words.audience, cell: (each) => <To to={`/audiences/${each.audience}`}>{each.audience}</To> },
                { head: words.template, cell: (each) => each.template ?? "–" },
                { head: words.recipients, number: true, cell: (each) => (each.recipients === undefined ? "–" : whole(each.recipients)) },
              ]}
            />
            {chosen !== undefined && <Opened key={chosen.broadcast} row={chosen} />}
          </Stack>
        );
      }}
    </Asked>
  );
}
