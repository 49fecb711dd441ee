import { Alert, Group } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Figure } from "@/parts/Figure";
import { Instant } from "@/parts/Instant";
import { seconds, whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Told } from "@/parts/Told";
import { nowWords as words } from "@/words/now";

import type { Now, Status } from "./model";

/** What came in, how far it is applied, and which flow is not in order. */
export function Flow({ status, now }: { status: UseQueryResult<Status>; now: UseQueryResult<Now> }) {
  const broken = (now.data?.flows ?? []).filter((each) => !each.ok);
  return (
    <Panel title={words.flow} what={words.flowWhat}>
      <Asked query={status}>
        {(found) => {
          const sources = Object.entries(found.sources);
          const lags = Object.values(found.log);
          return (
            <>
              {Object.entries(found.providers).map(([name, each]) => (
                <Alert key={name} color="red" title={name}>
                  {each.circuit}: {each.detail}
                </Alert>
              ))}
              {broken.map((each) => (
                <Alert key={each.flow} color="red" title={`${words.broken}: ${worded(each.flow)}`}>
                  <Told text={each.detail} />
                </Alert>
              ))}
              <Group gap="xl">
                <Figure value={whole(lags.reduce((all, each) => all + each.behind_records, 0))} of={words.behind} />
                <Figure value={seconds(Math.max(0, ...lags.map((each) => each.behind_s)))} of={words.lag} />
              </Group>
              {sources.length === 0 ? (
                <Empty title={words.noSource} what={words.noSourceDo} />
              ) : (
                <Rows
                  label={words.flow}
                  rows={sources}
                  rowKey={([name]) => name}
                  columns={[
                    { head: words.source.source, cell: ([name]) => name },
                    { head: words.source.events, cell: ([, each]) => whole(each.events), number: true },
                    { head: words.source.rate, cell: ([, each]) => each.events_per_min, number: true },
                    { head: words.source.dead, cell: ([, each]) => whole(each.dead_letters), number: true },
                    { head: words.source.last, cell: ([, each]) => <Instant at={each.last_received_at} /> },
                  ]}
                />
              )}
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}
