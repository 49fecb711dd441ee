import { dataWords } from "@/words/data";

const words = dataWords.replay;

/** What is asked of a replay, and what came of it. */
export interface Selection {
  from: string;
  to: string;
  by: string;
  source: string;
  event: string;
  profile: string;
}

export interface Report {
  dry_run: boolean;
  continued: boolean;
  events: number;
  unreadable: number;
  changed_rows: number;
  changes: Record<string, number>;
  refused_now: Record<string, number>;
  profiles: number;
  joined: Record<string, number>;
  left: Record<string, number>;
  dead_letters?: { open: number; would_pass: number };
}

/** What the last replay was asked for; of whom, where it was of one person, is not told. */
export interface AskedFor {
  from: string | null;
  to: string | null;
  by: string;
  source: string | null;
  event: string | null;
  is_of_one: boolean;
}

export interface Job {
  state: "none" | "running" | "done" | "failed";
  asked?: AskedFor;
  report?: Report;
  code?: string;
  message?: string;
}

export const EMPTY: Selection = { from: "", to: "", by: "received", source: "", event: "", profile: "" };

/** The body of the call: what is empty does not narrow. */
export function bodyOf(chosen: Selection, dry: boolean): Record<string, unknown> {
  const said = Object.entries(chosen).filter(([, value]) => value.trim() !== "");
  return { ...Object.fromEntries(said.map(([name, value]) => [name, value.trim()])), dry_run: dry };
}

/** In words, of which events a replay was. */
export function ofWhat({ from, to, by, source, event, is_of_one }: AskedFor): string {
  const when = [from === null ? "" : words.ofFrom(from), to === null ? "" : words.ofTo(to)].filter(Boolean).join(" ");
  const span = when === "" ? words.ofAll : words.ofSpan(words.bys[by as keyof typeof words.bys] ?? by, when);
  return [span, source === null ? "" : words.ofSource(source), event === null ? "" : words.ofEvent(event), is_of_one ? words.ofOne : ""].filter(Boolean).join(", ");
}

/** Whether anything was found that a replay could change. */
export function hasFound({ report }: Job): boolean {
  return (report?.events ?? 0) > 0;
}

/** The largest of the counts, by name, and how many more there are. */
export function largest(counts: Record<string, number>, most = 8): { shown: [string, number][]; more: number } {
  const all = Object.entries(counts).sort(([one, many], [other, few]) => few - many || one.localeCompare(other));
  return { shown: all.slice(0, most), more: Math.max(0, all.length - most) };
}
