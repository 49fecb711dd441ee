import { Group, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Figure } from "@/parts/Figure";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { nowWords as words } from "@/words/now";
import { shell } from "@/words/shell";

import { type Now, sum } from "./model";

function Reasons({ of, outcome, label }: { of: Record<string, number>; outcome: string; label: string }) {
  return Object.entries(of)
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => (
      <Group key={reason} gap="xs">
        <Text w={48} ta="right" fw={600} className="ff-number">{whole(count)}</Text>
        <To to="/decisions" search={{ outcome, reason }}>{worded(reason)}</To>
        <Text size="sm" className="ff-quiet">{label}</Text>
      </Group>
    ));
}

/** What the gate decided today, by reason. */
export function Judged({ now }: { now: UseQueryResult<Now> }) {
  return (
    <Panel title={words.today} actions={<To to="/decisions">{shell.screens.decisions}</To>}>
      <Asked query={now}>
        {({ today }) => {
          const counts = [sum(today.permitted), sum(today.refused), sum(today.deferred)] as const;
          if (counts.every((each) => each === 0)) return <Empty title={words.noneJudged} what={words.noneJudgedDo} />;
          return (
            <>
              <Group gap="xl">
                <Figure value={whole(counts[0])} of={words.sent} />
                <Figure value={whole(counts[1])} of={words.refused} />
                <Figure value={whole(counts[2])} of={words.waits} />
              </Group>
              {!today.is_whole && <Text size="sm">{words.notWhole}</Text>}
              <Reasons of={today.refused} outcome="refusal" label={words.refused} />
              <Reasons of={today.deferred} outcome="deferral" label={words.waits} />
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}
