import { Alert, Badge, Group, List, Stack, Text } from "@mantine/core";

import { whole, worded } from "@/parts/numbers";
import type { Moves, Plan } from "@/parts/plan";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { Told } from "@/parts/Told";
import { changeWords as words } from "@/words/changes";

function Examples({ of }: { of: Moves }) {
  const shown = [...of.examples_joining, ...of.examples_leaving].slice(0, 5);
  return (
    <Group gap={6}>
      {shown.map((each) => (
        <To key={each} to={`/profiles/${each}`}>
          {each}
        </To>
      ))}
    </Group>
  );
}

function MovesTable({ moves }: { moves: Moves[] }) {
  const about = (each: Moves, count: number) => (each.is_exact ? whole(count) : `${words.about} ${whole(count)}`);
  return (
    <Rows
      label={words.moves}
      rows={moves}
      rowKey={(each) => each.audience}
      least={640}
      columns={[
        { head: words.move.audience, cell: (each) => <b>{each.audience}</b> },
        { head: words.move.size, number: true, cell: (each) => whole(each.size) },
        { head: words.move.joins, number: true, cell: (each) => `+${about(each, each.joins)}` },
        { head: words.move.leaves, number: true, cell: (each) => `−${about(each, each.leaves)}` },
        { head: words.move.after, number: true, cell: (each) => about(each, each.size_after) },
        { head: words.move.needed, cell: (each) => Object.values(each.needed_by).flat().join(", ") || "–" },
        { head: words.move.examples, cell: (each) => <Examples of={each} /> },
      ]}
    />
  );
}

/** A plan, told for people. */
export function Planned({ plan }: { plan: Plan }) {
  if (!plan.has_changes) return <Alert color="slate">{words.noChange}</Alert>;
  return (
    <Stack>
      <Group gap="xs">
        <Badge color={plan.risk.level === "safe" ? "green" : "ochre"}>
          {plan.risk.level === "safe" ? words.safe : words.approval}
        </Badge>
        <Text size="sm">
          {words.needs[plan.needs] ?? plan.needs} {plan.estimate.seconds > 0 && words.takes(plan.estimate.seconds)}
        </Text>
      </Group>
      {plan.risk.concerns.length > 0 && (
        <Alert color="ochre" title={words.risk}>
          <List size="sm">
            {plan.risk.concerns.map((each, place) => (
              <List.Item key={place}>{[worded(each.concern), each.thing, each.what].filter(Boolean).join(": ")}</List.Item>
            ))}
          </List>
          {plan.risk.approvers.length > 0 && `${words.approvers} ${plan.risk.approvers.join(", ")}`}
        </Alert>
      )}
      {Object.keys(plan.unready).length > 0 && (
        <Alert color="red" title={words.unready}>
          {Object.entries(plan.unready).map(([name, checks]) => (
            <Text key={name} size="sm">
              {name}: {checks.map(worded).join(", ")}
            </Text>
          ))}
        </Alert>
      )}
      {plan.audiences.length > 0 && <MovesTable moves={plan.audiences} />}
      <div>
        <Text fw={600} size="sm">{words.things}</Text>
        <List size="sm">
          {plan.changes.map((each) => (
            <List.Item key={each.thing}>
              {each.thing} ({each.how})
              {each.what.map((line) => (
                <Text key={line} size="sm" className="ff-quiet">
                  <Told text={line} />
                </Text>
              ))}
            </List.Item>
          ))}
        </List>
      </div>
      {plan.journeys.length > 0 && (
        <Text size="sm">
          <b>{words.journeys}:</b> {plan.journeys.map((each) => `${each.journey} (${words.walks(each.walks)})`).join(", ")}
        </Text>
      )}
      {plan.warnings.length > 0 && (
        <Alert color="ochre" title={words.warnings}>
          <List size="sm">
            {plan.warnings.map((each) => (
              <List.Item key={each.thing + each.warned}>
                {each.thing}: <Told text={each.what} />
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
