import { Autocomplete, Button, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { parse, stringify } from "yaml";

import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { kindOf, type Step } from "./steps";

const words = journeyWords.step;
const MONO = { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } };

function mapping(of: unknown): Step {
  return typeof of === "object" && of !== null && !Array.isArray(of) ? (of as Step) : {};
}

/** A part of a step as YAML; it is taken when it can be read. */
export function YamlPart({ label, value, take, help }: { label: string; value: unknown; take: (value: unknown) => void; help?: string }) {
  const text = value === undefined ? "" : stringify(value, { lineWidth: 100 });
  const [wrong, setWrong] = useState(false);
  function leave(written: string) {
    if (written === text) return;
    try {
      take(written.trim() === "" ? undefined : parse(written));
      setWrong(false);
    } catch {
      setWrong(true);
    }
  }
  return (
    <Textarea
      key={text}
      label={label}
      description={help}
      defaultValue={text}
      error={wrong ? journeyWords.editor.wrong : undefined}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      styles={MONO}
      onBlur={(event) => leave(event.currentTarget.value)}
    />
  );
}

function TextPart({ label, value, take }: { label: string; value: unknown; take: (value: string) => void }) {
  const held = value === undefined ? "" : String(value);
  return <TextInput key={held} label={label} defaultValue={held} onBlur={(event) => event.currentTarget.value !== held && take(event.currentTarget.value)} />;
}

function useTemplates(): string[] {
  const { data } = useWorkspace();
  return Object.keys(data?.files ?? {}).filter((path) => /^templates\/[^/]+\.ya?ml$/.test(path)).map((path) => path.slice(10).replace(/\.ya?ml$/, ""));
}

function SendForm({ kind, step, take }: { kind: "send" | "task" | "webhook"; step: Step; take: (step: Step) => void }) {
  const templates = useTemplates();
  const inside = mapping(step[kind]);
  const put = (key: string) => (value: unknown) => {
    const next = { ...inside, [key]: value };
    if (value === "" || value === undefined) Reflect.deleteProperty(next, key);
    take({ ...step, [kind]: next });
  };
  return (
    <Stack gap="xs">
      <Autocomplete label={words.template} data={templates} value={String(inside.template ?? "")} onChange={put("template")} />
      <TextPart label={words.channel} value={inside.channel} take={put("channel")} />
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
  const simple = typeof step[kind] === "string";
  return (
    <Stack gap="xs">
      <Group>
        <Text fw={600}>{words.kinds[kind]}</Text>
      </Group>
      {(kind === "send" || kind === "task" || kind === "webhook") && <SendForm kind={kind} step={step} take={take} />}
      {kind === "branch" && <YamlPart label={words.when} value={inside.when} take={(when) => take({ ...step, branch: { ...inside, when } })} />}
      {(kind === "exit" || kind === "journey" || kind === "release") && <TextPart label={words.reason} value={step[kind]} take={(value) => take({ ...step, [kind]: value })} />}
      {kind === "wait" && simple && <TextPart label={words.wait} value={step.wait} take={(value) => take({ ...step, wait: value })} />}
      {kind !== "branch" && (
        <YamlPart
          label={words.value}
          {...(kind === "wait" ? { help: words.waitHelp } : {})}
          value={step[kind]}
          take={(value) => take({ ...step, [kind]: value ?? "" })}
        />
      )}
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
