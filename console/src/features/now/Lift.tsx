import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Asked, Loading } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useCurrency } from "@/parts/session";
import { To } from "@/parts/To";
import { Told } from "@/parts/Told";
import { effect } from "@/parts/units";
import { nowWords as words } from "@/words/now";
import { shell } from "@/words/shell";

type Lifts = components["schemas"]["LiftsView"];
type Lift = Lifts["experiments"][number];

/** Each call works out one experiment more; and what is known grows old. */
const MORE_MS = 300;
const OLD_MS = 300_000;
const COLORS: Record<string, string> = { true: "green", false: "red" };

function Variant({ lift, each }: { lift: Lift; each: Lift["variants"][number] }) {
  const currency = useCurrency();
  const many = lift.variants.length > 1 ? `${each.variant}: ` : "";
  if (each.value === null || each.low === null || each.high === null) return <Text size="sm" className="ff-quiet">{many}<Told text={each.why} /></Text>;
  const told = (of: number) => effect(of, lift, currency);
  return (
    <Group gap="xs">
      <Text size="sm">{many}{words.effect(told(each.value), lift.is_share ? words.points : "", told(each.low), told(each.high))}</Text>
      <Badge variant="light" color={COLORS[String(each.is_good)] ?? "gray"}>{words.claims[each.claim] ?? worded(each.claim)}</Badge>
    </Group>
  );
}

function One({ lift }: { lift: Lift }) {
  return (
    <Stack gap={2}>
      <Group gap="xs">
        <To to={`/experiments/${lift.experiment}`}>{lift.experiment}</To>
        <Text size="sm" className="ff-quiet">{worded(lift.metric)}</Text>
        <Text size="xs" className="ff-quiet" component="div">{words.asOf} <Instant at={lift.as_of} /></Text>
      </Group>
      {lift.variants.map((each) => (
        <Variant key={each.variant} lift={lift} each={each} />
      ))}
      {lift.variants.length === 0 && <Text size="sm" className="ff-quiet"><Told text={lift.why} /></Text>}
    </Stack>
  );
}

/** Experiments that run, each with its lift by the always-valid interval. */
export function Lift() {
  const query = useQuery({
    queryKey: ["now", "lift"],
    queryFn: () => answer<Lifts>(api.GET("/api/v1/lift")),
    refetchInterval: ({ state }) => (state.data?.is_whole === false ? MORE_MS : OLD_MS),
  });
  return (
    <Panel title={words.lift} actions={<To to="/experiments">{shell.screens.experiments}</To>}>
      <Asked query={query}>
        {({ experiments, is_whole }) => (
          <>
            {experiments.length === 0 && is_whole && <Empty title={words.noLift} what={words.noLiftDo} />}
            {experiments.map((each) => (
              <One key={each.experiment} lift={each} />
            ))}
            {!is_whole && <Loading lines={1} />}
          </>
        )}
      </Asked>
    </Panel>
  );
}
