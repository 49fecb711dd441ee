import { ActionIcon, Autocomplete, Button, Card, Fieldset, Group, NativeSelect, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";

import { useNames } from "@/parts/conditions/names";
import { journeyWords } from "@/words/journeys";

import { ConditionPart } from "./ConditionPart";
import { type Exit, EXITS, exitOf, startedExit } from "./parts";
import { TextPart, YamlPart } from "./YamlPart";

const words = journeyWords.form;
const KINDS = EXITS.map((value) => ({ value, label: words.exits[value] }));

function One({ value, take, drop }: { value: Exit; take: (next: Exit) => void; drop: () => void }) {
  const { events, audiences } = useNames();
  const kind = exitOf(value);
  return (
    <Card withBorder p="xs">
      <Stack gap="xs">
        <Group gap="xs" align="flex-end">
          <NativeSelect size="xs" label={words.exitBy} data={KINDS} value={kind} onChange={(event) => take(startedExit(event.currentTarget.value))} />
          {kind === "event" && <Autocomplete size="xs" label={words.event} data={events} value={String(value.event ?? "")} onChange={(event) => take({ ...value, event })} />}
          {kind === "leaves" && <Autocomplete size="xs" label={words.audience} data={audiences} value={String(value.leaves ?? "")} onChange={(leaves) => take({ ...value, leaves })} />}
          {kind === "after" && <TextPart size="xs" label={words.span} value={value.after} take={(after) => take({ ...value, after })} />}
          <ActionIcon variant="subtle" color="red" aria-label={`${words.dropExit}: ${words.exits[kind]}`} onClick={drop}>
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
        {kind === "when" && <ConditionPart label={words.exits.when} value={value.when} take={(when) => take({ ...value, when })} />}
        {kind === "event" && "where" in value && <YamlPart isMapping label={words.where} value={value.where} take={(where) => take(where === undefined ? { event: value.event } : { ...value, where })} />}
      </Stack>
    </Card>
  );
}

/** What ends a walk early: an event, leaving an audience, a condition, a span. */
export function ExitsForm({ value, take }: { value: unknown; take: (exits: Exit[] | undefined) => void }) {
  const exits = Array.isArray(value) ? (value as Exit[]) : [];
  const set = (next: Exit[]) => take(next.length === 0 ? undefined : next);
  return (
    <Fieldset legend={journeyWords.exits} p="xs">
      <Stack gap="xs">
        {exits.map((each, place) => (
          <One key={place} value={each} take={(next) => set(exits.map((held, other) => (other === place ? next : held)))} drop={() => set(exits.filter((_, other) => other !== place))} />
        ))}
        <Group>
          <Button size="compact-sm" variant="light" onClick={() => set([...exits, startedExit("event")])}>{words.addExit}</Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
