import { TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";

interface Props extends Omit<TextInputProps, "value" | "defaultValue" | "onChange" | "onBlur" | "onKeyDown"> {
  value: string;
  /** Called with what was written, when it is another than before: on Enter, and when the field is left. */
  take: (value: string) => void;
}

/** A field that narrows a list. It asks when one is done writing, and shows what is in force also when that changes elsewhere. */
export function Filter({ value, take, ...field }: Props) {
  const [held, setHeld] = useState({ value, written: value });
  if (held.value !== value) setHeld({ value, written: value });
  function said() {
    if (held.written.trim() !== value) take(held.written.trim());
  }
  return (
    <TextInput
      {...field}
      value={held.written}
      onChange={(event) => setHeld({ value, written: event.currentTarget.value })}
      onBlur={said}
      onKeyDown={(event) => event.key === "Enter" && said()}
    />
  );
}
