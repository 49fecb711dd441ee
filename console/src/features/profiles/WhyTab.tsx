import { Accordion, Badge, Group, Stack, Text } from "@mantine/core";

import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { DecisionBadge, Verdict } from "@/parts/Verdict";
import { profileWords as words } from "@/words/profiles";

import { useWhyNot } from "./ask";
import type { Verdict as Judged } from "./model";

function Verdicts({ of, zone }: { of: Judged[]; zone: string | undefined }) {
  if (of.length === 0) return <Text size="sm">{words.why.none}</Text>;
  return of.map((each) => <Verdict key={`${each.at} ${each.template} ${each.step}`} verdict={each} zone={zone} />);
}

function Counts({ of }: { of: Judged[] }) {
  return ["permit", "refusal", "deferral"].map((decision) => {
    const count = of.filter((each) => each.decision === decision).length;
    return count === 0 ? null : (
      <Group key={decision} gap={4} wrap="nowrap">
        <DecisionBadge decision={decision} />
        <Text size="sm">{count}</Text>
      </Group>
    );
  });
}

/** Why this person got or did not get messages, journey by journey. */
export function WhyTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const query = useWhyNot(profile);
  return (
    <Asked query={query}>
      {(found) => {
        const names = Object.keys(found.journeys);
        const judged = names.filter((name) => (found.journeys[name]?.verdicts.length ?? 0) > 0);
        return (
          <Panel what={words.why.what}>
            <Accordion multiple defaultValue={judged.length > 0 ? judged.slice(0, 2) : names.slice(0, 1)}>
              {Object.entries(found.journeys).map(([name, each]) => (
                <Accordion.Item key={name} value={name}>
                  <Accordion.Control>
                    <Group gap="xs">
                      <Text fw={600}>{name}</Text>
                      <Counts of={each.verdicts} />
                      {each.waiting.length > 0 && <Badge variant="light">{words.why.waiting}</Badge>}
                    </Group>
                  </Accordion.Control>
                  <Accordion.Panel>
                    <Stack gap="xs">
                      <Text size="sm">
                        <b>{words.why.entry}:</b> {each.entry}. <To to={`/journeys/${name}`}>{words.openJourney}</To>
                      </Text>
                      {each.waiting.map((one) => (
                        <Text size="sm" key={one.template + one.due_at} component="div">
                          <b>{words.why.waiting}:</b> {one.template} · {one.channel} · <Instant at={one.due_at} zone={zone} />
                        </Text>
                      ))}
                      <Verdicts of={each.verdicts} zone={zone} />
                    </Stack>
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
              {found.other.length > 0 && (
                <Accordion.Item value=" other">
                  <Accordion.Control>{words.why.other}</Accordion.Control>
                  <Accordion.Panel>
                    <Verdicts of={found.other} zone={zone} />
                  </Accordion.Panel>
                </Accordion.Item>
              )}
            </Accordion>
          </Panel>
        );
      }}
    </Asked>
  );
}
