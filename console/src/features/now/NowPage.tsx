import { Alert, Group, SimpleGrid, Text } from "@mantine/core";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Figure } from "@/parts/Figure";
import { Instant } from "@/parts/Instant";
import { whole } from "@/parts/numbers";
import { Screen } from "@/parts/Screen";
import { nowWords as words } from "@/words/now";

import { Flow } from "./Flow";
import { Judged } from "./Judged";
import { Lift } from "./Lift";
import { Needs } from "./Needs";
import { Season } from "./Season";
import { type Now, type Pause, type Status, sum } from "./model";

function Paused({ pause }: { pause: Pause }) {
  const order = { scope: pause.scope, name: pause.name };
  return (
    <Alert color="red" title={[pause.scope, pause.name].filter(Boolean).join(" ")}>
      <Group justify="space-between">
        <Text size="sm" component="div">
          {words.pausedSince} <Instant at={pause.since_at} /> · {pause.actor}: {pause.reason}
        </Text>
        <ActButton
          needs="orders.give"
          label={words.resume}
          done={words.resumed}
          stale={[["now"]]}
          act={(signed) => answer(api.POST("/api/v1/pauses/resume", { body: { ...order, ...signed } }))}
        />
      </Group>
    </Alert>
  );
}

function StopButton() {
  return (
    <ActButton
      needs="orders.give"
      label={words.stop}
      what={words.stopWhat}
      done={words.stopped}
      stale={[["now"]]}
      button={{ color: "red", variant: "light", size: "sm" }}
      act={(signed) => answer(api.POST("/api/v1/pauses", { body: { scope: "everything", name: "", ...signed } }))}
    />
  );
}

function walking(status: Status): number {
  const running = Object.entries(status.walks).filter(([name]) => /: (waiting|engaged|entered|paused)$/.test(name));
  return sum(Object.fromEntries(running));
}

/** The first screen: season, flow, what was sent and refused, what runs, what needs a person. */
export function NowPage() {
  const status = useAsk<Status>(["now", "status"], () => api.GET("/api/v1/status"), { every: 60_000 });
  const now = useAsk<Now>(["now", "summary"], () => api.GET("/api/v1/now"), { every: 60_000 });
  return (
    <Screen title={words.title} what={status.data === undefined ? words.what : <>{words.what} <Instant at={status.data.as_of} /></>} actions={<StopButton />}>
      <Asked query={status}>
        {(found) => (
          <>
            {found.gate.paused.map((each) => (
              <Paused key={each.scope + each.name} pause={each} />
            ))}
            <SimpleGrid cols={3}>
              <Figure value={whole(found.profiles)} of={words.profiles} />
              <Figure value={whole(walking(found))} of={words.walking} />
              <Figure value={whole(sum(found.consent.records))} of={words.audiences} />
            </SimpleGrid>
          </>
        )}
      </Asked>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Season />
        <Needs now={now} />
        <Judged now={now} />
        <Lift />
      </SimpleGrid>
      <Flow status={status} now={now} />
    </Screen>
  );
}
