import { parse } from "yaml";

/** A condition as the YAML of an audience says it: a mapping that asks one thing, or a group of conditions. */
export type Condition = Record<string, unknown>;
export type GroupKind = "all" | "any" | "not";

const GROUPS: readonly GroupKind[] = ["all", "any", "not"];

/** The key that tells what a condition asks, in the order in which keys are looked for. */
export const KINDS = [
  "trait", "did", "did_not", "measure", "in", "in_phase", "location", "stage", "identifier", "match_confidence",
  "consent", "top", "bottom", "percentile", "household",
] as const;
export type Kind = (typeof KINDS)[number];

export function groupOf(condition: Condition): GroupKind | null {
  return GROUPS.find((each) => each in condition) ?? null;
}

export function kindOf(condition: Condition): Kind | null {
  return KINDS.find((each) => each in condition) ?? null;
}

export function parts(condition: Condition): Condition[] {
  const group = groupOf(condition);
  if (group === null) return [];
  const inside = condition[group];
  const list = Array.isArray(inside) ? inside : [inside];
  return list.filter((each): each is Condition => typeof each === "object" && each !== null);
}

/** A group with these parts. What is `not` has one part; of several, all must not hold together. */
export function grouped(kind: GroupKind, inside: Condition[]): Condition {
  if (kind !== "not") return { [kind]: inside };
  return { not: inside.length === 1 ? inside[0] : { all: inside } };
}

/** A condition without an `all` around a single part. */
export function plain(condition: Condition): Condition {
  const inside = parts(condition);
  const [only] = inside;
  return inside.length === 1 && only !== undefined && groupOf(condition) === "all" ? plain(only) : condition;
}

const BLANKS: Record<Kind, Condition> = {
  trait: { trait: "", is: "" },
  did: { did: "", within: "30 days" },
  did_not: { did_not: "", within: "30 days" },
  measure: { measure: "", over: "30 days", at_least: 1 },
  in: { in: "" },
  in_phase: { in_phase: "peak" },
  location: { location: [] },
  stage: { stage: "" },
  identifier: { identifier: "email" },
  match_confidence: { match_confidence: { at_least: 80 } },
  consent: { consent: "marketing", channel: "email" },
  top: { top: "10 %", by: "" },
  bottom: { bottom: "10 %", by: "" },
  percentile: { percentile: { of: "", between: [60, 80] } },
  household: { household: { members: { at_least: 2 } } },
};

export function blank(kind: Kind): Condition {
  return structuredClone(BLANKS[kind]);
}

/** What somebody wrote into a field, as YAML reads it: numbers, truth values and lists are told from texts. */
export function scalar(written: string): unknown {
  const text = written.trim();
  if (text === "") return "";
  try {
    const found: unknown = parse(text);
    if (found === null || (typeof found === "object" && !Array.isArray(found))) return text;
    return found;
  } catch {
    return text;
  }
}

/** A value as it stands in a field. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(", ")}]`;
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value === undefined || value === null ? "" : String(value);
}

/** The condition with a key set, or without it when the value is undefined; other keys keep their order. */
export function put(condition: Condition, key: string, value: unknown): Condition {
  if (value !== undefined) return { ...condition, [key]: value };
  return Object.fromEntries(Object.entries(condition).filter(([each]) => each !== key));
}

/** The condition with one key in the place of another. */
export function rename(condition: Condition, from: string, to: string, value: unknown = condition[from]): Condition {
  return Object.fromEntries(Object.entries(condition).map(([key, held]) => (key === from ? [to, value] : [key, held])));
}

export const WAYS = ["count", "sum", "min", "max", "first", "last", "distinct", "most_frequent"] as const;
export const WINDOWS = ["within", "over", "between", "during"] as const;

export function wayOf(condition: Condition): string {
  return WAYS.find((each) => each in condition) ?? "once";
}

export function windowOf(condition: Condition): string {
  return WINDOWS.find((each) => each in condition) ?? "ever";
}

/** Another window in the place of the one that stands. */
export function withWindow(condition: Condition, window: string, value: unknown): Condition {
  const bare = WINDOWS.reduce((all, each) => put(all, each, undefined), condition);
  return window === "ever" ? bare : { ...bare, [window]: value };
}

/** Another way of counting in the place of the one that stands. */
export function withWay(condition: Condition, way: string, value: unknown): Condition {
  const bare = WAYS.reduce((all, each) => put(all, each, undefined), condition);
  return way === "once" ? bare : { ...bare, [way]: value };
}
