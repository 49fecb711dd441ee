import { Badge, Stack } from "@mantine/core";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { type Column, Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { profileWords as words } from "@/words/profiles";

import { useWalks } from "./ask";
import type { FullWalk } from "./model";

function columns(zone: string | undefined, step: string): Column<FullWalk>[] {
  return [
    { head: words.walk.journey, cell: (each) => <To to={`/journeys/${each.journey}`}>{each.journey}</To> },
    { head: words.walk.status, cell: (each) => <Badge variant="light">{worded(each.status)}</Badge> },
    { head: words.walk.arm, cell: (each) => worded(each.arm) },
    { head: step, cell: (each) => each.does },
    { head: words.walk.entered, cell: (each) => <Instant at={each.entered_at} zone={zone} /> },
  ];
}

/** Every walk of the person through journeys, present and past. */
export function WalksTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const query = useWalks(profile);
  return (
    <Asked query={query}>
      {({ walks }) => {
        const now = walks.filter((each) => each.ended_at === null);
        const before = walks.filter((each) => each.ended_at !== null);
        if (walks.length === 0) return <Empty title={words.noWalks} what={words.noWalksDo} />;
        return (
          <Stack>
            {now.length > 0 && (
              <Panel title={words.walking}>
                <Rows
                  label={words.walking}
                  rows={now}
                  rowKey={(each) => each.journey + each.entered_at}
                  columns={[...columns(zone, words.walk.step), { head: words.walk.due, cell: (each) => <Instant at={each.due_at} zone={zone} /> }]}
                />
              </Panel>
            )}
            {before.length > 0 && (
              <Panel title={words.walkedBefore}>
                <Rows
                  label={words.walkedBefore}
                  rows={before}
                  rowKey={(each) => each.journey + each.entered_at}
                  columns={[
                    ...columns(zone, words.walk.last),
                    { head: words.walk.ended, cell: (each) => <Instant at={each.ended_at} zone={zone} /> },
                    { head: words.because, width: 150, cell: (each) => each.means ?? worded(each.end_reason ?? "") },
                  ]}
                  least={860}
                />
              </Panel>
            )}
          </Stack>
        );
      }}
    </Asked>
  );
}
