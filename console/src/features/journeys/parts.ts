import { parse } from "yaml";

/** Parts of a journey that have forms: exits, and what of an entry the form does not show. */
export type Exit = Record<string, unknown>;

export const EXITS = ["event", "leaves", "when", "after"] as const;
export type ExitKind = (typeof EXITS)[number];

export function exitOf(exit: Exit): ExitKind {
  return EXITS.find((each) => each in exit) ?? "event";
}

const STARTED: Record<ExitKind, Exit> = {
  event: { event: "" },
  leaves: { leaves: "" },
  when: { when: { did: "", within: "30 days" } },
  after: { after: "30 days" },
};

export function startedExit(kind: string): Exit {
  return structuredClone(STARTED[EXITS.find((each) => each === kind) ?? "event"]);
}

/** How often somebody may enter again, as the form chooses it; `after` is a span. */
export function reentryOf(entry: Record<string, unknown>): { kind: "never" | "always" | "after"; after: string } {
  const { reentry } = entry;
  if (typeof reentry === "object" && reentry !== null) return { kind: "after", after: String((reentry as Record<string, unknown>).after ?? "") };
  return { kind: reentry === "always" ? "always" : "never", after: "" };
}

const SHOWN = new Set(["joins", "event", "if", "reentry"]);

/** What of an entry the form has no field for. */
export function restOf(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !SHOWN.has(key)));
}

/** The entry with another rest; what the form shows stays in its place. */
export function withRest(entry: Record<string, unknown>, rest: Record<string, unknown>): Record<string, unknown> {
  const shown = Object.fromEntries(Object.entries(entry).filter(([key]) => SHOWN.has(key)));
  return { ...shown, ...Object.fromEntries(Object.entries(rest).filter(([key]) => !SHOWN.has(key))) };
}

/** What somebody wrote as a part of a journey: its value, or what is wrong with it. Nothing written is no value. */
export type Written = { value: unknown } | { wrong: "wrong" | "noMapping" };

export function writtenPart(text: string, isMapping: boolean): Written {
  if (text.trim() === "") return { value: undefined };
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return { wrong: "wrong" };
  }
  if (isMapping && value === null) return { value: undefined };
  return isMapping && (typeof value !== "object" || Array.isArray(value)) ? { wrong: "noMapping" } : { value };
}
