import { Badge, Group, SimpleGrid, Stack, Text } from "@mantine/core";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Facts } from "@/parts/Facts";
import { Instant } from "@/parts/Instant";
import { percentOf, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { dataWords } from "@/words/data";

import { type Explanation, explained } from "./explained";

const words = dataWords.hold;
const DECISIONS = ["same", "never", "household", "dismissed"] as const;

interface Hold {
  hold: string;
  reason: string;
  confidence: number | null;
  identifiers: string[];
  profiles: (number | null)[];
  explanation: Explanation | null;
  at: string;
}

interface Person {
  profile_id: number;
  home_location: string | null;
  identifiers: Record<string, number>;
  last_seen_at: string | null;
  traits: Record<string, { value: unknown; sealed: boolean }>;
}

function Side({ id, named }: { id: number | null; named: string }) {
  const profile = String(id ?? "");
  const query = useAsk<Person>(["profiles", profile, "one"], () => api.GET("/api/v1/profiles/{profile}", { params: { path: { profile } } }), { when: id !== null });
  if (id === null) return <Text size="sm">{named}</Text>;
  return (
    <Asked query={query}>
      {(found) => (
        <Stack gap={4}>
          <To to={`/profiles/${found.profile_id}`} fw={600}>{words.profile(found.profile_id)}</To>
          <Text size="sm" className="ff-quiet">{named}</Text>
          <Facts
            facts={[
              [words.known, Object.keys(found.identifiers).join(", ")],
              ...Object.entries(found.traits).filter(([, each]) => !each.sealed).map(([name, each]) => [name, String(each.value)] as const),
            ]}
          />
        </Stack>
      )}
    </Asked>
  );
}

function One({ hold }: { hold: Hold }) {
  const path = { hold: hold.hold };
  return (
    <Panel
      title={worded(hold.reason)}
      actions={
        <Group gap="xs">
          {hold.confidence !== null && <Badge variant="light">{percentOf(hold.confidence)} {words.confidence}</Badge>}
          <Instant at={hold.at} />
        </Group>
      }
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {hold.profiles.map((id, side) => (
          <Side key={side} id={id} named={hold.identifiers[side] ?? ""} />
        ))}
      </SimpleGrid>
      {hold.explanation !== null && (
        <Stack gap={4}>
          <Text size="sm" fw={600}>{words.explanation}</Text>
          <Facts facts={explained(hold.explanation)} />
        </Stack>
      )}
      <Group gap="xs">
        {DECISIONS.map((decision) => (
          <ActButton
            needs="identity.decide"
            key={decision}
            label={words[decision]}
            done={words.done}
            stale={[["identity-holds"], ["now"]]}
            act={(signed) => answer(api.POST("/api/v1/identity/holds/{hold}", { params: { path }, body: { decision, ...signed } }))}
          />
        ))}
      </Group>
    </Panel>
  );
}

/** Pairs that may be one person, side by side, for somebody to decide. */
export function Review() {
  const query = useAsk<{ holds: Hold[] }>(["identity-holds"], () => api.GET("/api/v1/identity/holds"));
  return (
    <Asked query={query}>
      {({ holds }) => (holds.length === 0 ? <Empty title={dataWords.holds.none} what={dataWords.holds.noneDo} /> : <Stack>{holds.map((each) => <One key={each.hold} hold={each} />)}</Stack>)}
    </Asked>
  );
}
