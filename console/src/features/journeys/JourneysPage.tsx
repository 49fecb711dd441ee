import { Button, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { Allowed } from "@/parts/Allowed";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { journeyWords as words } from "@/words/journeys";

import { useJourneys } from "./ask";

/** All journeys with their counts. */
export function JourneysPage() {
  const query = useJourneys();
  return (
    <Screen
      title={words.title}
      what={words.what}
      actions={
        <Allowed needs="workspace.draft" label={words.create} size="sm">
          <Button component={Link} to="/journeys/new" size="sm">{words.create}</Button>
        </Allowed>
      }
    >
      <Asked query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            <>
              <Rows
                label={words.title}
                rows={found}
                rowKey={(each) => each.journey}
                least={760}
                columns={[
                  {
                    head: words.columns.journey,
                    cell: (each) => (
                      <>
                        <To fw={600} to={`/journeys/${each.journey}`}>{each.journey}</To>
                        <Text size="xs" className="ff-quiet" lineClamp={2}>{each.description}</Text>
                      </>
                    ),
                  },
                  { head: words.columns.enters, cell: (each) => each.enters_by },
                  { head: words.columns.walking, number: true, cell: (each) => whole(each.walking) },
                  { head: words.columns.entered, number: true, cell: (each) => whole(each.entered) },
                  { head: words.columns.refused, number: true, cell: (each) => whole(each.refused) },
                  { head: words.columns.ended, number: true, cell: (each) => whole(each.ended) },
                  { head: words.columns.owner, cell: (each) => each.owner },
                ]}
              />
              <Text size="xs" className="ff-quiet">{words.last}</Text>
            </>
          )
        }
      </Asked>
    </Screen>
  );
}
