import { Button, Fieldset, Group } from "@mantine/core";

import { RootBuilder } from "@/parts/conditions/Builder";
import { blank, type Condition, plain } from "@/parts/conditions/condition";
import { journeyWords as words } from "@/words/journeys";

interface Props {
  label: string;
  value: unknown;
  take: (condition: Condition | undefined) => void;
  /** Whether there may be none. */
  optional?: boolean;
}

/** A condition of a journey, in the form of the audience builder. */
export function ConditionPart({ label, value, take, optional = false }: Props) {
  const condition = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Condition) : null;
  if (condition === null) {
    return (
      <Group>
        <Button size="compact-sm" variant="light" onClick={() => take(blank("did"))}>{words.form.addCondition}</Button>
      </Group>
    );
  }
  return (
    <Fieldset legend={label} p="xs">
      <RootBuilder value={condition} onChange={(next) => take(plain(next))} />
      {optional && (
        <Group mt="xs">
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => take(undefined)}>{words.form.dropCondition}</Button>
        </Group>
      )}
    </Fieldset>
  );
}
