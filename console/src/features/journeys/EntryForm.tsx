import { Autocomplete, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";

import { useWorkspace } from "@/parts/workspace";
import { journeyWords as words } from "@/words/journeys";

import { YamlPart } from "./StepForm";
import { readFile, set, values } from "./text";

const KINDS = Object.keys(words.entryKinds);
const TEXTS = ["description", "owner", "kpi", "purpose", "holdout"] as const;

function started(kind: string): unknown {
  if (kind === "api") return true;
  if (kind === "date") return { trait: "", before: "7 days", at: "09:00" };
  return kind === "schedule" ? { of: "", at: "09:00", weekdays: ["mon"] } : "";
}

/** Who enters, and what is said of the journey as a whole. */
export function EntryForm({ text, setText }: { text: string; setText: (text: string) => void }) {
  const { data: workspace } = useWorkspace();
  const whole = values(readFile(text));
  const entry = typeof whole.entry === "object" && whole.entry !== null ? (whole.entry as Record<string, unknown>) : {};
  const kind = KINDS.find((each) => each in entry) ?? "joins";
  const audiences = Object.keys(workspace?.files ?? {}).filter((path) => path.startsWith("audiences/")).map((path) => path.slice(10).replace(/\.ya?ml$/, ""));
  const setEntry = (next: unknown) => setText(set(text, "entry", next));
  function setKind(next: string) {
    const rest = Object.fromEntries(Object.entries(entry).filter(([key]) => !KINDS.includes(key)));
    setEntry({ [next]: started(next), ...rest });
  }
  return (
    <Stack gap="xs">
      <NativeSelect label={words.entryKind} data={KINDS.map((value) => ({ value, label: words.entryKinds[value] ?? value }))} value={kind} onChange={(event) => setKind(event.currentTarget.value)} />
      {(kind === "joins" || kind === "event") && (
        <Autocomplete label={words.entryValue} data={kind === "joins" ? audiences : []} value={String(entry[kind] ?? "")} onChange={(value) => setEntry({ ...entry, [kind]: value })} />
      )}
      <YamlPart label={words.editor.entryYaml} value={entry} take={(value) => setEntry(value ?? {})} />
      <SimpleGrid cols={2}>
        {TEXTS.map((key) => {
          const held = whole[key] === undefined ? "" : String(whole[key]);
          return <TextInput key={key + held} label={words.fields[key]} defaultValue={held} onBlur={(event) => event.currentTarget.value !== held && setText(set(text, key, event.currentTarget.value))} />;
        })}
        <NumberInput label={words.fields.priority} min={0} max={100} value={typeof whole.priority === "number" ? whole.priority : 50} onChange={(value) => setText(set(text, "priority", Number(value)))} />
      </SimpleGrid>
      <YamlPart label={words.goal} value={whole.goal} take={(value) => setText(set(text, "goal", value))} />
      <YamlPart label={words.exits} value={whole.exit} take={(value) => setText(set(text, "exit", value))} />
    </Stack>
  );
}
