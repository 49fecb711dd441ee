import { type Condition, groupOf, kindOf, parts, written } from "./condition";

/** A line of the plain reading: how deep it stands, and what it says. */
export interface Line {
  depth: number;
  text: string;
}

const GROUP = { all: "all of these hold:", any: "at least one of these holds:", not: "this does not hold:" };

function rest(condition: Condition, without: string[]): string {
  return Object.entries(condition)
    .filter(([key]) => !without.includes(key))
    .map(([key, value]) => `${key.replaceAll("_", " ")} ${said(value)}`)
    .join(", ");
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.map(said).join(", ");
  if (typeof value !== "object" || value === null) return written(value);
  return Object.entries(value)
    .map(([key, inside]) => `${key.replaceAll("_", " ")} ${said(inside)}`)
    .join(", ");
}

function leaf(condition: Condition): string {
  const kind = kindOf(condition);
  if (kind === null) return said(condition);
  const subject = said(condition[kind]);
  const more = rest(condition, [kind]);
  const head = `${kind.replaceAll("_", " ")} ${subject}`.trim();
  if (kind === "trait") return [`trait ${subject}`, more].filter(Boolean).join(" ");
  return more === "" ? head : `${head}, ${more}`;
}

/** The condition in plain words, line by line. */
export function reading(condition: Condition, depth = 0): Line[] {
  const group = groupOf(condition);
  if (group === null) return [{ depth, text: leaf(condition) }];
  return [{ depth, text: GROUP[group] }, ...parts(condition).flatMap((each) => reading(each, depth + 1))];
}
