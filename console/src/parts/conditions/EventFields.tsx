import { ActionIcon, Button, Group } from "@mantine/core";
import { IconX } from "@tabler/icons-react";

import { conditionWords as words } from "@/words/conditions";

import { type Condition, put, wayOf, WAYS, windowOf, withWay, withWindow } from "./condition";
import { Comparisons, NUMBER_OPS, VALUE_OPS } from "./Comparisons";
import { NameField, OneOf, ValueField } from "./fields";
import { useNames } from "./names";

const NUMBERS = new Set(["count", "sum", "min", "max", "distinct"]);

interface Props {
  value: Condition;
  onChange: (next: Condition) => void;
}

function mapping(of: unknown): Condition {
  return typeof of === "object" && of !== null && !Array.isArray(of) ? (of as Condition) : {};
}

function HowOften({ value, onChange }: Props) {
  const way = wayOf(value);
  const inside = mapping(value[way]);
  const options = Object.fromEntries(["once", ...WAYS].map((each) => [each, words.ways[each] ?? each]));
  const start = (next: string) => (next === "count" ? { at_least: 2 } : NUMBERS.has(next) ? { of: "", at_least: 1 } : { of: "", is: "" });
  return (
    <>
      <OneOf label={words.howOften} value={way} options={options} width={180} onChange={(next) => onChange(withWay(value, next, start(next)))} />
      {way !== "once" && (
        <>
          {way !== "count" && <ValueField label={words.of} value={inside.of} onChange={(of) => onChange({ ...value, [way]: { ...inside, of } })} />}
          <Comparisons of={inside} ops={NUMBERS.has(way) ? NUMBER_OPS : VALUE_OPS} keep={["of"]} onChange={(next) => onChange({ ...value, [way]: next })} />
        </>
      )}
    </>
  );
}

export function Window({ value, onChange, names = ["within", "between", "during"] }: Props & { names?: string[] }) {
  const window = windowOf(value);
  const options = Object.fromEntries(["ever", ...names].map((each) => [each, words.windows[each] ?? each]));
  const start: Record<string, string> = { within: "30 days", over: "30 days", between: "60 and 31 days ago", during: "last peak" };
  return (
    <>
      <OneOf label={words.window} value={window} options={options} onChange={(next) => onChange(withWindow(value, next, start[next]))} />
      {window !== "ever" && <ValueField label={words.windowValue} value={value[window]} example={words.spanExample} onChange={(next) => onChange({ ...value, [window]: next })} />}
    </>
  );
}

function Where({ value, onChange }: Props) {
  const tests = mapping(value.where);
  const set = (next: Condition) => onChange(put(value, "where", Object.keys(next).length === 0 ? undefined : next));
  return (
    <>
      {Object.entries(tests).map(([name, test], place) => (
        <Group key={place} gap={4} align="flex-end" wrap="nowrap">
          <ValueField
            label={words.where}
            value={name}
            onChange={(next) => set(Object.fromEntries(Object.entries(tests).map(([each, held]) => [each === name ? String(next) : each, held])))}
          />
          {typeof test === "object" && test !== null && !Array.isArray(test) ? (
            <Comparisons of={mapping(test)} ops={VALUE_OPS} keep={[]} onChange={(next) => set({ ...tests, [name]: next })} />
          ) : (
            <ValueField value={test} onChange={(next) => set({ ...tests, [name]: next })} />
          )}
          <ActionIcon variant="subtle" color="gray" aria-label={`${words.remove}: ${name}`} onClick={() => set(put(tests, name, undefined))}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Button size="compact-xs" variant="subtle" onClick={() => set({ ...tests, "": "" })}>
        {words.addWhere}
      </Button>
    </>
  );
}

function Followed({ value, onChange }: Props) {
  const { events } = useNames();
  const how = "then" in value ? "then" : "without" in value ? "without" : "none";
  const inside = mapping(value[how]);
  const bare = put(put(value, "then", undefined), "without", undefined);
  return (
    <>
      <OneOf
        label={words.followed}
        value={how}
        options={words.follow}
        onChange={(next) => onChange(next === "none" ? bare : { ...bare, [next]: how === "none" ? { did: "", within: "7 days" } : inside })}
      />
      {how !== "none" && (
        <>
          <NameField label={words.followEvent} value={inside.did} names={events} onChange={(did) => onChange({ ...value, [how]: { ...inside, did } })} />
          <ValueField label={words.followWithin} value={inside.within} example={words.spanExample} onChange={(within) => onChange({ ...value, [how]: put(inside, "within", within === "" ? undefined : within) })} />
        </>
      )}
    </>
  );
}

/** What somebody did: the event, how often, when, with which properties, and what came after. */
export function EventFields({ value, onChange }: Props) {
  const { events } = useNames();
  const kind = "did_not" in value ? "did_not" : "did";
  return (
    <>
      <NameField label={words.event} value={value[kind]} names={events} onChange={(name) => onChange({ ...value, [kind]: name })} />
      {kind === "did" && <HowOften value={value} onChange={onChange} />}
      <Window value={value} onChange={onChange} />
      <Where value={value} onChange={onChange} />
      {kind === "did" && <Followed value={value} onChange={onChange} />}
    </>
  );
}
