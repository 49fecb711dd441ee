import { Button, Select, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Spark } from "@/parts/Spark";
import { dataWords } from "@/words/data";

const words = dataWords.violations;
const DAYS = ["7", "28", "90"];

/** Which fields break their contracts, by which rule, over the last days; values are masked. */
export function Violations() {
  const { days = DAYS[0] } = useSearch({ from: "/data" });
  const navigate = useNavigate();
  const query = { days: Number(days) };
  const found = useAsk<components["schemas"]["ViolationsView"]>(["violations", days], () => api.GET("/api/v1/contracts/violations", { params: { query } }), { keep: true });
  return (
    <Panel
      title={words.title}
      what={words.what}
      actions={
        <Select
          aria-label={words.days}
          size="xs"
          w={140}
          data={DAYS.map((value) => ({ value, label: words.last(value) }))}
          value={days}
          allowDeselect={false}
          onChange={(next) => void navigate({ to: "/data", search: { tab: "contracts", days: next ?? undefined }, replace: true })}
        />
      }
    >
      <Asked query={found}>
        {({ violations, letters, read, emptied }) =>
          letters === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            <>
              <Text size="sm">{words.read(whole(read), whole(letters), whole(emptied))}</Text>
              <Rows
                label={words.title}
                rows={violations}
                rowKey={(each) => [each.source, each.event, each.version, each.field, each.rule].join(" ")}
                least={960}
                columns={[
                  { head: words.source, cell: (each) => each.source },
                  { head: words.event, cell: (each) => <b>{each.version === null ? each.event : words.version(each.event, each.version)}</b> },
                  { head: words.field, cell: (each) => each.field },
                  { head: words.rule, cell: (each) => worded(each.rule) },
                  { head: words.count, number: true, cell: (each) => whole(each.count) },
                  { head: words.byDay, cell: (each) => <Spark counts={each.by_day} label={words.byDayOf(each.field, each.by_day.map(whole).join(", "))} /> },
                  { head: words.samples, cell: (each) => each.samples.map((sample) => <Text key={sample} size="sm" ff="monospace">{sample}</Text>) },
                  { head: words.lastAt, cell: (each) => <Instant at={each.last_at} /> },
                  {
                    head: words.letters,
                    cell: (each) => (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={words.open(each.field, each.event)}
                        onClick={() => void navigate({ to: "/data", search: { tab: "letters", reason: "contract_violated", source: each.source, event: each.event } })}
                      >
                        {words.show}
                      </Button>
                    ),
                  },
                ]}
              />
            </>
          )
        }
      </Asked>
    </Panel>
  );
}
