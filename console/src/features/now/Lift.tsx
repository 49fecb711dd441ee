import { Badge, Group, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { signedPoints, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { nowWords as words } from "@/words/now";
import { shell } from "@/words/shell";

interface Experiment {
  experiment: string;
  metric: string | null;
  looks: string | null;
}

interface Report {
  verdict?: string;
  why?: string;
  findings?: { metrics: { role: string; is_share: boolean; shown: { low: number; high: number } | null; effect: { value: number } | null }[] };
}

function One({ experiment }: { experiment: Experiment }) {
  const path = { name: experiment.experiment };
  const query = useAsk<Report>(["now", "experiment", path.name], () => api.GET("/api/v1/experiments/{name}", { params: { path } }));
  return (
    <Stack gap={2}>
      <Group gap="xs">
        <To to={`/experiments/${experiment.experiment}`}>{experiment.experiment}</To>
        {query.data?.verdict !== undefined && <Badge variant="light" tt="none">{worded(query.data.verdict)}</Badge>}
      </Group>
      <Asked query={query} lines={1}>
        {({ findings, why }) => {
          const primary = findings?.metrics.find((each) => each.role === "primary");
          const shown = primary?.shown;
          return (
            <>
              {primary?.effect != null && shown != null && primary.is_share && (
                <Text size="sm">
                  {words.effect(signedPoints(primary.effect.value), signedPoints(shown.low), signedPoints(shown.high))}
                </Text>
              )}
              <Text size="sm" className="ff-quiet">{why}</Text>
            </>
          );
        }}
      </Asked>
    </Stack>
  );
}

/** Experiments that are registered, with what can be said of them now. */
export function Lift() {
  const query = useAsk<Experiment[]>(["now", "experiments"], () => api.GET("/api/v1/experiments"));
  return (
    <Panel title={words.lift} actions={<To to="/experiments">{shell.screens.experiments}</To>}>
      <Asked query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={words.noLift} what={words.noLiftDo} />
          ) : (
            found.map((each) => <One key={each.experiment} experiment={each} />)
          )
        }
      </Asked>
    </Panel>
  );
}
