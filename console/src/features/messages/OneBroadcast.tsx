import { Alert, Group, Stack, Text } from "@mantine/core";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Figure } from "@/parts/Figure";
import { Instant } from "@/parts/Instant";
import { seconds, whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { messageWords } from "@/words/messages";

const words = messageWords.broadcast;
/** What may be done with a run that stands so; one that is over is left alone. */
const ACTS: Record<string, string[]> = {
  not_started: ["start"],
  listing: ["cancel"],
  waiting: ["approve", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};

export interface Broadcast {
  broadcast: string;
  edition: string;
  standing: string;
  audience: string;
  channel: string;
  template: string;
  recipients?: number;
}

interface Plan {
  recipients: number;
  asked: number;
  is_scaled: boolean;
  would_get_it: number;
  of_these_later: number;
  would_not: number;
  reasons: Record<string, number>;
  cost: { amount: number; currency: string } | null;
  takes_at_least_s: number;
  needs_approval: boolean;
}

interface Progress {
  states: Record<string, number>;
  acts: { act: string; actor: string; reason: string; at: string }[];
}

function Counts({ of }: { of: Record<string, number> }) {
  return (
    <Group gap="md">
      {Object.entries(of).map(([name, count]) => (
        <Text key={name} size="sm">
          <b>{whole(count)}</b> {worded(name)}
        </Text>
      ))}
    </Group>
  );
}

function Planned({ plan }: { plan: Plan }) {
  return (
    <Stack gap="sm">
      <Text fw={600} size="sm">{words.plan}</Text>
      {plan.needs_approval && <Alert color="ochre">{words.needsApproval}</Alert>}
      <Group gap="xl" align="flex-start">
        <Figure value={whole(plan.recipients)} of={words.inAudience} note={plan.is_scaled ? words.scaled(plan.asked) : undefined} />
        <Figure value={whole(plan.would_get_it)} of={words.would} note={plan.of_these_later > 0 ? words.later(plan.of_these_later) : undefined} />
        <Figure value={whole(plan.would_not)} of={words.wouldNot} />
        {plan.cost !== null && <Figure value={`${plan.cost.amount} ${plan.cost.currency}`} of={words.cost} />}
        {plan.takes_at_least_s > 0 && <Figure value={seconds(plan.takes_at_least_s)} of={words.duration} />}
      </Group>
      {Object.keys(plan.reasons).length > 0 && (
        <div>
          <Text size="sm" className="ff-quiet">{words.reasons}</Text>
          <Counts of={plan.reasons} />
        </div>
      )}
    </Stack>
  );
}

function Run({ run }: { run: Progress }) {
  return (
    <Stack gap="sm">
      <Text fw={600} size="sm">{words.states}</Text>
      <Counts of={run.states} />
      <Text fw={600} size="sm">{words.record}</Text>
      <Rows
        label={words.record}
        rows={run.acts}
        rowKey={(each) => `${each.at} ${each.act}`}
        columns={[
          { head: words.act.at, cell: (each) => <Instant at={each.at} /> },
          { head: words.act.act, cell: (each) => words.acts[each.act] ?? worded(each.act) },
          { head: words.act.actor, cell: (each) => each.actor },
          { head: words.act.reason, cell: (each) => each.reason },
        ]}
      />
    </Stack>
  );
}

/** One broadcast: who would get it and who not before it is started, then how far it is; and what may be done with it. */
export function OneBroadcast({ row }: { row: Broadcast }) {
  const path = { name: row.broadcast };
  const isFresh = row.standing === "not_started";
  const plan = useAsk<Plan>(["broadcasts", path.name, "plan"], () => api.GET("/api/v1/broadcasts/{name}/plan", { params: { path } }), { when: isFresh });
  const run = useAsk<Progress>(["broadcasts", path.name], () => api.GET("/api/v1/broadcasts/{name}", { params: { path } }), { every: 5_000, when: !isFresh });
  return (
    <Panel
      title={row.broadcast}
      actions={
        <Group gap="xs">
          {(ACTS[row.standing] ?? []).map((act) => (
            <ActButton
              needs="messages.send"
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
      {isFresh ? <Asked query={plan}>{(found) => <Planned plan={found} />}</Asked> : <Asked query={run}>{(found) => <Run run={found} />}</Asked>}
    </Panel>
  );
}
