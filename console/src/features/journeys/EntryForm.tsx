import { Autocomplete, Fieldset, Group, NativeSelect, NumberInput, SimpleGrid, Stack } from "@mantine/core";

import { useNames } from "@/parts/conditions/names";
import { readFile, set, values } from "@/parts/yaml";
import { journeyWords as words } from "@/words/journeys";

import { ConditionPart } from "./ConditionPart";
import { ExitsForm } from "./ExitsForm";
import { GoalForm } from "./GoalForm";
import { reentryOf, restOf, withRest } from "./parts";
import { TextPart, YamlPart } from "./YamlPart";

type Entry = Record<string, unknown>;

const KINDS = Object.keys(words.entryKinds);
const TEXTS = ["description", "owner", "kpi", "purpose", "holdout"] as const;
const AGAIN = Object.entries(words.form.again).map(([value, label]) => ({ value, label }));

function started(kind: string): unknown {
  if (kind === "api") return true;
  if (kind === "date") return { trait: "", before: "7 days", at: "09:00" };
  return kind === "schedule" ? { of: "", at: "09:00", weekdays: ["mon"] } : "";
}

function without(entry: Entry, key: string): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([each]) => each !== key));
}

function Again({ entry, take }: { entry: Entry; take: (entry: Entry) => void }) {
  const { kind, after } = reentryOf(entry);
  const choose = (next: string) => take({ ...entry, reentry: next === "after" ? { after: "90 days" } : next });
  return (
    <Group gap="xs" align="flex-end" grow>
      <NativeSelect label={words.reentry} data={AGAIN} value={kind} onChange={(event) => choose(event.currentTarget.value)} />
      {kind === "after" && <TextPart label={words.form.span} value={after} take={(next) => take({ ...entry, reentry: { after: next } })} />}
    </Group>
  );
}

function Enters({ entry, take }: { entry: Entry; take: (entry: Entry) => void }) {
  const { audiences, events } = useNames();
  const kind = KINDS.find((each) => each in entry) ?? "joins";
  function setKind(next: string) {
    const rest = Object.fromEntries(Object.entries(entry).filter(([key]) => !KINDS.includes(key)));
    take({ [next]: started(next), ...rest });
  }
  const rest = restOf(entry);
  return (
    <Fieldset legend={words.form.who} p="xs">
      <Stack gap="xs">
        <NativeSelect label={words.entryKind} data={KINDS.map((value) => ({ value, label: words.entryKinds[value] ?? value }))} value={kind} onChange={(event) => setKind(event.currentTarget.value)} />
        {(kind === "joins" || kind === "event") && (
          <Autocomplete label={words.entryValue} data={kind === "joins" ? audiences : events} value={String(entry[kind] ?? "")} onChange={(value) => take({ ...entry, [kind]: value })} />
        )}
        <Again entry={entry} take={take} />
        <ConditionPart label={words.form.onlyIf} value={entry.if} optional take={(next) => take(next === undefined ? without(entry, "if") : { ...entry, if: next })} />
        <YamlPart
          label={words.editor.entryYaml}
          help={words.form.entryRest}
          value={Object.keys(rest).length === 0 ? undefined : rest}
          isMapping
          take={(value) => take(withRest(entry, (value ?? {}) as Entry))}
        />
      </Stack>
    </Fieldset>
  );
}

/** Who enters, what ends a walk, and what is said of the journey as a whole. */
export function EntryForm({ text, setText }: { text: string; setText: (text: string) => void }) {
  const whole = values(readFile(text));
  const entry = typeof whole.entry === "object" && whole.entry !== null ? (whole.entry as Entry) : {};
  return (
    <Stack gap="sm">
      <Enters entry={entry} take={(next) => setText(set(text, "entry", next))} />
      <GoalForm value={whole.goal} take={(value) => setText(set(text, "goal", value))} />
      <ExitsForm value={whole.exit} take={(value) => setText(set(text, "exit", value))} />
      <Fieldset legend={words.editor.settings} p="xs">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
          {TEXTS.map((key) => (
            <TextPart key={key} label={words.fields[key]} value={whole[key]} take={(value) => setText(set(text, key, value))} />
          ))}
          <NumberInput label={words.fields.priority} min={0} max={100} value={typeof whole.priority === "number" ? whole.priority : 50} onChange={(value) => setText(set(text, "priority", Number(value)))} />
        </SimpleGrid>
      </Fieldset>
    </Stack>
  );
}
