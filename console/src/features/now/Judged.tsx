import { Group, Text } from "@mantine/core";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Figure } from "@/parts/Figure";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { quoted, useSql } from "@/parts/sql";
import { To } from "@/parts/To";
import { nowWords as words } from "@/words/now";
import { shell } from "@/words/shell";

interface Row {
  decision: string;
  reason: string;
  many: number;
}

function sqlOf(asOf: string): string {
  return `SELECT decision, rule_id AS reason, count(*) AS many FROM decisions
    WHERE created_at > CAST(${quoted(asOf)} AS TIMESTAMPTZ) - INTERVAL 1 DAY GROUP BY ALL ORDER BY many DESC`;
}

function total(rows: Row[], decision: string): string {
  return whole(rows.filter((each) => each.decision === decision).reduce((all, each) => all + each.many, 0));
}

/** What the gate decided over the last day, by reason. */
export function Judged({ asOf }: { asOf: string | undefined }) {
  const minute = asOf?.slice(0, 16);
  const query = useSql<Row>(["now", "judged"], sqlOf(`${minute ?? ""}:00Z`), minute !== undefined);
  return (
    <Panel title={words.today} actions={<To to="/decisions">{shell.screens.decisions}</To>}>
      <Asked query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={words.noneJudged} what={words.noneJudgedDo} />
          ) : (
            <>
              <Group gap="xl">
                <Figure value={total(rows, "permit")} of={words.sent} />
                <Figure value={total(rows, "refusal")} of={words.refused} />
                <Figure value={total(rows, "deferral")} of={words.waits} />
              </Group>
              {rows
                .filter((each) => each.decision !== "permit")
                .map((each) => (
                  <Group key={each.decision + each.reason} gap="xs">
                    <Text w={48} ta="right" fw={600} className="ff-number">
                      {whole(each.many)}
                    </Text>
                    <To to="/decisions" search={{ outcome: each.decision, reason: each.reason }}>
                      {worded(each.reason)}
                    </To>
                    <Text size="sm" className="ff-quiet">
                      {each.decision === "refusal" ? words.refused : words.waits}
                    </Text>
                  </Group>
                ))}
            </>
          )
        }
      </Asked>
    </Panel>
  );
}
