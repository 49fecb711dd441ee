import { Autocomplete, Button, Group, Stack, Text } from "@mantine/core";

import { inFolder, useNames } from "@/parts/conditions/names";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { ConditionPart } from "./ConditionPart";
import { kindOf, mapping, type Step } from "./steps";
import { WaitForm } from "./WaitForm";
import { TextPart, YamlPart } from "./YamlPart";

const words = journeyWords.step;

function useTemplates(): string[] {
  const { data } = useWorkspace();
  return [...new Set(inFolder(data?.files ?? {}, "templates"))];
}

function SendForm({ kind, step, take }: { kind: "send" | "task" | "webhook"; step: Step; take: (step: Step) => void }) {
  const templates = useTemplates();
  const { channels } = useNames();
  const inside = mapping(step[kind]);
  const put = (key: string) => (value: unknown) => {
    const next = { ...inside, [key]: value };
    if (value === "" || value === undefined) Reflect.deleteProperty(next, key);
    take({ ...step, [kind]: next });
  };
  return (
    <Stack gap="xs">
      <Autocomplete label={words.template} data={templates} value={String(inside.template ?? "")} onChange={put("template")} />
      <Autocomplete label={words.channel} data={channels} value={String(inside.channel ?? "")} onChange={put("channel")} />
      {kind === "send" && <TextPart label={words.expires} value={inside.expires} take={put("expires")} />}
      {kind === "task" && <TextPart label={words.due} value={inside.due} take={put("due")} />}
    </Stack>
  );
}

/** The form of one step: fields for what is frequent, YAML for the rest. */
export function StepForm({ step, take }: { step: Step; take: (step: Step) => void }) {
  const kind = kindOf(step);
  if (kind === null) return null;
  const inside = mapping(step[kind]);
  const put = (value: unknown) => take({ ...step, [kind]: value ?? "" });
  return (
    <Stack gap="xs">
      <Text fw={600}>{words.kinds[kind]}</Text>
      {(kind === "send" || kind === "task" || kind === "webhook") && <SendForm kind={kind} step={step} take={take} />}
      {kind === "branch" && <ConditionPart label={words.when} value={inside.when} take={(when) => put({ ...inside, when })} />}
      {(kind === "exit" || kind === "journey" || kind === "release") && <TextPart label={words.reason} value={step[kind]} take={put} />}
      {kind === "wait" && <WaitForm wait={step.wait} take={put} />}
      {!["branch", "wait", "exit", "journey", "release"].includes(kind) && <YamlPart label={words.value} value={step[kind]} take={put} />}
    </Stack>
  );
}

export function RemoveButtons({ up, down, remove }: { up: () => void; down: () => void; remove: () => void }) {
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={up}>{journeyWords.editor.up}</Button>
      <Button size="xs" variant="default" onClick={down}>{journeyWords.editor.down}</Button>
      <Button size="xs" variant="light" color="red" onClick={remove}>{journeyWords.editor.remove}</Button>
    </Group>
  );
}
