import { Text } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { seconds, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { dataWords as words } from "@/words/data";

interface Source {
  system: string | null;
  events: number;
  duplicates: number;
  dead_letters: number;
  people: number;
  late_median_s: number | null;
  late_p95_s: number | null;
  red_flags: string[];
}

/** What each source sent over the last week, and what is wrong with it. */
export function Sources() {
  const query = useAsk<{ sources: Record<string, Source> }>(["sources"], () => api.GET("/api/v1/sources/audit"));
  return (
    <Panel>
      <Asked query={query}>
        {({ sources }) =>
          Object.keys(sources).length === 0 ? (
            <Empty title={words.noSource} what={words.noSourceDo} />
          ) : (
            <Rows
              label={words.tabs.sources}
              rows={Object.entries(sources)}
              rowKey={([name]) => name}
              least={860}
              columns={[
                { head: words.source.source, cell: ([name]) => <b>{name}</b> },
                { head: words.source.system, cell: ([, each]) => each.system ?? "–" },
                { head: words.source.events, number: true, cell: ([, each]) => whole(each.events) },
                { head: words.source.duplicates, number: true, cell: ([, each]) => whole(each.duplicates) },
                { head: words.source.dead, number: true, cell: ([, each]) => whole(each.dead_letters) },
                { head: words.source.people, number: true, cell: ([, each]) => whole(each.people) },
                { head: words.source.late, number: true, cell: ([, each]) => [each.late_median_s, each.late_p95_s].map((late) => (late === null ? "–" : seconds(late))).join(", ") },
                {
                  head: words.source.flags,
                  cell: ([, each]) => (
                    <>
                      {each.red_flags.map((flag) => (
                        <Text key={flag} size="sm" c="var(--ff-warn)">{flag}</Text>
                      ))}
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
