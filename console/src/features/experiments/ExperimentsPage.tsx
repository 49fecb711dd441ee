import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { api } from "@/api/client";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { experimentWords as words } from "@/words/experiments";

interface Experiment {
  experiment: string;
  journey: string;
  metric: string | null;
  looks: string | null;
}

/** Every experiment, registered ones and bare holdouts. */
export function ExperimentsPage() {
  const query = useAsk<Experiment[]>(["experiments"], () => api.GET("/api/v1/experiments"));
  return (
    <Screen
      title={words.title}
      what={words.what}
      actions={
        <Allowed needs="workspace.draft" label={words.create} size="sm">
          <Button component={Link} to="/experiments/new" size="sm">{words.create}</Button>
        </Allowed>
      }
    >
      <Asked query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            <Rows
              label={words.title}
              rows={found}
              rowKey={(each) => each.experiment}
              columns={[
                { head: words.columns.name, cell: (each) => <To fw={600} to={`/experiments/${each.experiment}`}>{each.experiment}</To> },
                { head: words.columns.journey, cell: (each) => <To to={`/journeys/${each.journey}`}>{each.journey}</To> },
                { head: words.columns.metric, cell: (each) => worded(each.metric ?? "–") },
                { head: words.columns.looks, cell: (each) => (each.looks === null ? words.unregistered : worded(each.looks)) },
              ]}
            />
          )
        }
      </Asked>
    </Screen>
  );
}
