import { Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { stringify } from "yaml";

import { journeyWords } from "@/words/journeys";

import { writtenPart } from "./parts";

const MONO = { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } };

interface Props {
  label: string;
  value: unknown;
  take: (value: unknown) => void;
  help?: string;
  /** Only a mapping is taken, or nothing. */
  isMapping?: boolean;
}

/** A part of a journey as YAML; it is taken when it can be read, else the error stands under it and nothing changes. */
export function YamlPart({ label, value, take, help, isMapping = false }: Props) {
  const text = value === undefined ? "" : stringify(value, { lineWidth: 100 });
  const [wrong, setWrong] = useState<"wrong" | "noMapping" | null>(null);
  function leave(written: string) {
    const found = writtenPart(written, isMapping);
    setWrong("wrong" in found ? found.wrong : null);
    if (written !== text && "value" in found) take(found.value);
  }
  return (
    <Textarea
      key={text}
      label={label}
      description={help}
      defaultValue={text}
      error={wrong === null ? undefined : journeyWords.editor[wrong]}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      styles={MONO}
      onBlur={(event) => leave(event.currentTarget.value)}
    />
  );
}

/** A short text, taken when the field is left. */
export function TextPart({ label, value, take, size = "sm", help }: { label: string; value: unknown; take: (value: string) => void; size?: string; help?: string }) {
  const held = value === undefined ? "" : String(value);
  return <TextInput key={held} size={size} label={label} description={help} defaultValue={held} onBlur={(event) => event.currentTarget.value !== held && take(event.currentTarget.value)} />;
}
