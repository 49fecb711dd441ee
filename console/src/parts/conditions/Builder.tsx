import { ActionIcon, Box, Button, Group, NativeSelect, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";

import { conditionWords as words } from "@/words/conditions";

import { blank, type Condition, type GroupKind, grouped, groupOf, type Kind, kindOf, KINDS, parts } from "./condition";
import { OneOf } from "./fields";
import { LeafFields } from "./LeafFields";

const KIND_OPTIONS = KINDS.map((kind) => ({ value: kind, label: words.kinds[kind] ?? kind }));
const GROUP_OPTIONS = { all: words.all, any: words.any, not: words.not };

interface Props {
  value: Condition;
  onChange: (next: Condition) => void;
  onRemove?: (() => void) | undefined;
}

function Remove({ onRemove }: { onRemove: (() => void) | undefined }) {
  if (onRemove === undefined) return null;
  return (
    <ActionIcon variant="subtle" color="red" size="md" aria-label={words.remove} onClick={onRemove}>
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  );
}

function Leaf({ value, onChange, onRemove }: Props) {
  const kind: Kind = kindOf(value) ?? "trait";
  return (
    <Group align="flex-end" gap={8} p={8} style={{ border: "1px solid var(--ff-line)", borderRadius: 8 }}>
      <NativeSelect
        size="xs"
        label={words.kind}
        data={KIND_OPTIONS}
        value={kind}
        w={150}
        onChange={(event) => onChange(blank(event.currentTarget.value as Kind))}
      />
      <LeafFields kind={kind} value={value} onChange={onChange} />
      <Remove onRemove={onRemove} />
    </Group>
  );
}

function ConditionGroup({ value, onChange, onRemove, kind }: Props & { kind: GroupKind }) {
  const inside = parts(value);
  const set = (next: Condition[]) => onChange(grouped(kind, next));
  const replace = (place: number) => (next: Condition) => set(inside.map((each, other) => (other === place ? next : each)));
  return (
    <Box pl={10} style={{ borderLeft: "3px solid var(--mantine-primary-color-filled)" }}>
      <Stack gap={8}>
        <Group gap={8} align="flex-end">
          <OneOf label={words.group} value={kind} options={GROUP_OPTIONS} width={110} onChange={(next) => onChange(grouped(next as GroupKind, inside))} />
          <Remove onRemove={onRemove} />
        </Group>
        {inside.map((each, place) => (
          <Builder
            key={place}
            value={each}
            onChange={replace(place)}
            onRemove={inside.length > 1 || onRemove !== undefined ? () => set(inside.filter((_, other) => other !== place)) : undefined}
          />
        ))}
        <Group gap={8}>
          <Button size="compact-sm" variant="light" onClick={() => set([...inside, blank("did")])}>
            {words.add}
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={() => set([...inside, { any: [blank("trait")] }])}>
            {words.addGroup}
          </Button>
        </Group>
      </Stack>
    </Box>
  );
}

/** A condition as a form: groups of conditions, and what each asks. */
export function Builder({ value, onChange, onRemove }: Props) {
  const kind = groupOf(value);
  if (kind !== null) return <ConditionGroup kind={kind} value={value} onChange={onChange} onRemove={onRemove} />;
  return <Leaf value={value} onChange={onChange} onRemove={onRemove} />;
}

/** The whole condition, which is a group at its root, so that another condition can be added. */
export function RootBuilder({ value, onChange }: { value: Condition; onChange: (next: Condition) => void }) {
  return <Builder value={groupOf(value) === null ? { all: [value] } : value} onChange={onChange} />;
}
