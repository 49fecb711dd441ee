import { ActionIcon, Autocomplete, Group, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";

import { conditionWords as words } from "@/words/conditions";

import { scalar, written } from "./condition";


interface NameProps {
  label: string;
  value: unknown;
  names: string[];
  onChange: (value: string) => void;
}

/** A name, suggested from what is known; any other can be written. */
export function NameField({ label, value, names, onChange }: NameProps) {
  return <Autocomplete size="xs" label={label} data={names} value={written(value)} onChange={onChange} w={190} limit={50} comboboxProps={{ shadow: "md" }} />;
}

export function ValueField({ label = words.value, value, onChange, example }: { label?: string; value: unknown; onChange: (value: unknown) => void; example?: string }) {
  return (
    <TextInput
      key={written(value)}
      size="xs"
      label={label}
      defaultValue={written(value)}
      placeholder={example ?? ""}
      onBlur={(event) => event.currentTarget.value !== written(value) && onChange(scalar(event.currentTarget.value))}
      onKeyDown={(event) => event.key === "Enter" && onChange(scalar(event.currentTarget.value))}
      w={150}
    />
  );
}

export function OneOf({ label, value, options, onChange, width = 150 }: { label: string; value: string; options: Record<string, string>; onChange: (value: string) => void; width?: number }) {
  const data = Object.entries(options).map(([each, shown]) => ({ value: each, label: shown }));
  return <NativeSelect size="xs" label={label} data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} w={width} />;
}

/** One comparison: how, and with what. */
export function Comparison({ op, value, ops, onChange, onRemove }: { op: string; value: unknown; ops: readonly string[]; onChange: (op: string, value: unknown) => void; onRemove?: (() => void) | undefined }) {
  const options = Object.fromEntries([...new Set([...ops, op])].map((each) => [each, words.ops[each] ?? each]));
  return (
    <Group gap={4} align="flex-end">
      <OneOf label={words.comparison} value={op} options={options} onChange={(next) => onChange(next, value)} />
      <ValueField value={value} onChange={(next) => onChange(op, next)} />
      {onRemove !== undefined && (
        <ActionIcon variant="subtle" color="gray" size="md" aria-label={`${words.remove}: ${words.ops[op] ?? op}`} onClick={onRemove}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      )}
    </Group>
  );
}
