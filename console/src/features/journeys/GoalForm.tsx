import { Autocomplete, Button, Fieldset, Group, SimpleGrid } from "@mantine/core";

import { useNames } from "@/parts/conditions/names";
import { journeyWords } from "@/words/journeys";

import { TextPart } from "./YamlPart";

const words = journeyWords.form;
type Goal = Record<string, unknown>;

/** What the journey is for: an event within a span, and the property that says what it brought. */
export function GoalForm({ value, take }: { value: unknown; take: (goal: Goal | undefined) => void }) {
  const { events } = useNames();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return (
      <Group>
        <Button size="compact-sm" variant="light" onClick={() => take({ event: "", within: "30 days" })}>{words.addGoal}</Button>
      </Group>
    );
  }
  const goal = value as Goal;
  const put = (key: string) => (next: string) => take(next === "" ? Object.fromEntries(Object.entries(goal).filter(([each]) => each !== key)) : { ...goal, [key]: next });
  return (
    <Fieldset legend={journeyWords.goal} p="xs">
      <Autocomplete label={words.event} data={events} value={String(goal.event ?? "")} onChange={(event) => take({ ...goal, event })} mb="xs" />
      <SimpleGrid cols={2} spacing="xs">
        <TextPart label={words.within} value={goal.within} take={put("within")} />
        <TextPart label={words.revenue} value={goal.revenue} take={put("revenue")} />
      </SimpleGrid>
      <Group mt="xs">
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => take(undefined)}>{words.dropGoal}</Button>
      </Group>
    </Fieldset>
  );
}
