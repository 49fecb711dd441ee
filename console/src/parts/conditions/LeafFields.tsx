import { Textarea } from "@mantine/core";
import { useState } from "react";
import { parse, stringify } from "yaml";

import { conditionWords as words } from "@/words/conditions";

import { type Condition, type Kind, put } from "./condition";
import { Comparisons, NUMBER_OPS, TRAIT_OPS } from "./Comparisons";
import { EventFields, Window } from "./EventFields";
import { NameField, OneOf, ValueField } from "./fields";
import { useNames } from "./names";

const MEASURE_OPS = ["at_least", "at_most", "above", "below", "down_by", "up_by"];
const CONSENT_STATES = { granted: "granted", withdrawn: "withdrawn", none: "none" };
const TRUTHS = { true: "yes", false: "no" };

interface Props {
  kind: Kind;
  value: Condition;
  onChange: (next: Condition) => void;
}

/** Whatever a kind holds that has no fields of its own, as YAML. */
function Rest({ value, shown, onChange }: { value: Condition; shown: string[]; onChange: (next: Condition) => void }) {
  const kept = Object.fromEntries(Object.entries(value).filter(([key]) => shown.includes(key)));
  const more = Object.fromEntries(Object.entries(value).filter(([key]) => !shown.includes(key)));
  const text = Object.keys(more).length === 0 ? "" : stringify(more);
  const [wrong, setWrong] = useState(false);
  function take(written: string) {
    try {
      const found: unknown = written.trim() === "" ? {} : parse(written);
      if (typeof found !== "object" || found === null || Array.isArray(found)) throw new TypeError("no mapping");
      setWrong(false);
      onChange({ ...kept, ...(found as Condition) });
    } catch {
      setWrong(true);
    }
  }
  return (
    <Textarea
      key={text}
      size="xs"
      label={words.more}
      defaultValue={text}
      error={wrong ? words.moreWrong : undefined}
      autosize
      minRows={1}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      onBlur={(event) => event.currentTarget.value !== text && take(event.currentTarget.value)}
      style={{ flex: "1 1 220px" }}
    />
  );
}

function Ranked({ kind, value, onChange }: Props) {
  const { traits, audiences } = useNames();
  return (
    <>
      <ValueField label={words.share} value={value[kind]} onChange={(next) => onChange({ ...value, [kind]: next })} />
      <NameField label={words.by} value={value.by} names={traits} onChange={(by) => onChange({ ...value, by })} />
      <OneOf
        label={words.per}
        value={typeof value.per === "string" ? value.per : ""}
        options={{ "": "–", location: "location", region: "region" }}
        onChange={(per) => onChange(put(value, "per", per === "" ? undefined : per))}
      />
      <NameField label={words.among} value={value.among} names={audiences} onChange={(among) => onChange(put(value, "among", among === "" ? undefined : among))} />
    </>
  );
}

/** The fields of one condition, by its kind. */
export function LeafFields({ kind, value, onChange }: Props) {
  const names = useNames();
  const set = (key: string) => (next: unknown) => onChange({ ...value, [key]: next });
  switch (kind) {
    case "did":
    case "did_not":
      return <EventFields value={value} onChange={onChange} />;
    case "trait":
      return (
        <>
          <NameField label={words.trait} value={value.trait} names={names.traits} onChange={set("trait")} />
          <Comparisons of={value} ops={TRAIT_OPS} keep={["trait"]} onChange={onChange} />
          {("size" in value || "ahead" in value) && <Rest value={value} shown={["trait", ...TRAIT_OPS]} onChange={onChange} />}
        </>
      );
    case "measure":
      return (
        <>
          <NameField label={words.measure} value={value.measure} names={names.measures} onChange={set("measure")} />
          <Window value={value} onChange={onChange} names={["over", "between", "during"]} />
          <Comparisons of={value} ops={MEASURE_OPS} keep={[]} onChange={onChange} />
          <Rest value={value} shown={["measure", "over", "between", "during", ...MEASURE_OPS]} onChange={onChange} />
        </>
      );
    case "in":
      return <NameField label={words.audience} value={value.in} names={names.audiences} onChange={set("in")} />;
    case "in_phase":
      return <NameField label={words.phase} value={value.in_phase} names={names.seasons} onChange={set("in_phase")} />;
    case "stage":
      return <NameField label={words.stage} value={value.stage} names={names.stages} onChange={set("stage")} />;
    case "location":
      return <ValueField label={words.places} value={value.location} example={`[${names.places.slice(0, 2).join(", ")}]`} onChange={set("location")} />;
    case "identifier":
      return (
        <>
          <NameField label={words.identifier} value={value.identifier} names={["user_id", "email", "phone", "anonymous_id"]} onChange={set("identifier")} />
          <OneOf label={words.ops.exists ?? ""} value={String(value.exists ?? true)} options={TRUTHS} onChange={(next) => onChange(put(value, "exists", next === "false" ? false : undefined))} />
        </>
      );
    case "match_confidence":
      return <Comparisons of={value.match_confidence as Condition} ops={NUMBER_OPS} keep={[]} onChange={set("match_confidence")} />;
    case "consent":
      return (
        <>
          <NameField label={words.purpose} value={value.consent} names={names.purposes} onChange={set("consent")} />
          <NameField label={words.channel} value={value.channel} names={names.channels} onChange={set("channel")} />
          <OneOf label={words.state} value={typeof value.is === "string" ? value.is : "granted"} options={CONSENT_STATES} onChange={(next) => onChange(put(value, "is", next === "granted" ? undefined : next))} />
        </>
      );
    case "top":
    case "bottom":
      return <Ranked kind={kind} value={value} onChange={onChange} />;
    default:
      return <Rest value={value} shown={[]} onChange={onChange} />;
  }
}
