import { seasonWords } from "@/words/seasons";

/** A value that is otherwise in a phase. */
export interface Changed {
  phase: string;
  topic: string;
  file: string;
  where: string;
  key: string;
  is_then: unknown;
  otherwise: unknown;
}

const ORDER = ["prepare", "peak", "cool_down", "off"];
const TOPICS = Object.keys(seasonWords.changes.topics);

function place(phase: string): number {
  return ORDER.indexOf(phase.slice(phase.indexOf(".") + 1));
}

/** The phases with what they change: in the order of a season, those of any season before those of one. */
export function phasesOf(changes: Changed[]): { phase: string; rows: Changed[] }[] {
  const named = [...new Set(changes.map((each) => each.phase))];
  named.sort((one, other) => place(one) - place(other) || Number(one.includes(".")) - Number(other.includes(".")) || one.localeCompare(other));
  return named.map((phase) => ({
    phase,
    rows: changes.filter((each) => each.phase === phase).sort((one, other) => TOPICS.indexOf(one.topic) - TOPICS.indexOf(other.topic)),
  }));
}

/** Where a phase holds now. */
export function whereNow(groups: { places: string[]; phases: string[] }[], phase: string): string[] {
  return groups.filter((each) => each.phases.includes(phase)).flatMap((each) => each.places);
}

/** A value as people read it. */
export function told(value: unknown): string {
  if (value === null || value === undefined || value === "") return seasonWords.changes.nothing;
  if (typeof value === "boolean") return value ? seasonWords.changes.yes : seasonWords.changes.no;
  return Array.isArray(value) ? value.map(String).join(seasonWords.changes.then_) || seasonWords.changes.nothing : String(value);
}
