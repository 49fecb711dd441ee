import { SimpleGrid } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { seasonWords as words } from "@/words/seasons";

interface Lifecycle {
  stages: { stage: string; size: number; enter: string; description: string }[];
  moves: { from_stage: string | null; to_stage: string; moves: number }[];
}

/** The stages of the lifecycle, how many people are in each, and how they moved. */
export function Stages() {
  const query = useAsk<Lifecycle>(["lifecycle"], () => api.GET("/api/v1/lifecycle"));
  return (
    <Asked query={query}>
      {({ stages, moves }) => (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <Panel title={words.tabs.stages}>
            <Rows
              label={words.tabs.stages}
              rows={stages}
              rowKey={(each) => each.stage}
              columns={[
                { head: words.stage.stage, cell: (each) => worded(each.stage) },
                { head: words.stage.size, number: true, cell: (each) => whole(each.size) },
                { head: words.stage.what, cell: (each) => each.description },
              ]}
            />
          </Panel>
          <Panel title={words.moves}>
            <Rows
              label={words.moves}
              rows={moves}
              rowKey={(each) => `${each.from_stage} ${each.to_stage}`}
              least={320}
              columns={[
                { head: words.move.from, cell: (each) => worded(each.from_stage ?? "–") },
                { head: words.move.to, cell: (each) => worded(each.to_stage) },
                { head: words.move.count, number: true, cell: (each) => whole(each.moves) },
              ]}
            />
          </Panel>
        </SimpleGrid>
      )}
    </Asked>
  );
}
