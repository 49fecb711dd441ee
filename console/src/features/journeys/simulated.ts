/** The report of a simulation as the API tells it, as far as a journey's screen shows it. */
interface Sums {
  entered: number;
  sent: Record<string, number>;
  refused: Record<string, number>;
  ended: Record<string, number>;
  deferred: number;
}

export interface Report {
  from: string;
  to: string;
  people: number;
  messages: { sent: number; peak_per_hour: number };
  journeys: { journey: string; total: Sums; weeks: (Sums & { week: string })[] }[];
  scorecard: { indicator: string; found: string; mark: string; verdict: string }[];
}

interface Difference {
  what: string;
  today: number;
  changed: number;
  change: number;
}

export interface Result {
  report: Report;
  changed: Report | null;
  differences: { journeys: { journey: string; how: string; differs: Difference[] }[] } | null;
  notes: string[];
}

/** Who asked for a simulation, and when. The server keeps the last one, whoever asked. */
export interface AskedBy {
  by: string;
  at: string;
  is_own: boolean;
}

export type Told =
  | { state: "none" }
  | (AskedBy & { state: "running"; running: string; share: number })
  | (AskedBy & { state: "done"; result: Result })
  | (AskedBy & { state: "failed"; code: string; message: string });

export function total(of: Record<string, number>): number {
  return Object.values(of).reduce((sum, each) => sum + each, 0);
}

export interface Line {
  what: string;
  today: number;
  changed: number | null;
}

/** One journey's numbers, by the rules in force and, where there are any, by the changed ones beside them. */
export function lines(result: Result, journey: string): Line[] {
  const of = (report: Report | null) => report?.journeys.find((each) => each.journey === journey)?.total;
  const today = of(result.report);
  const changed = of(result.changed);
  const two = (what: string, one: number | undefined, other: number | undefined): Line => ({ what, today: one ?? 0, changed: result.changed === null ? null : (other ?? 0) });
  const table = (name: "sent" | "refused" | "ended") => {
    const keys = new Set([...Object.keys(today?.[name] ?? {}), ...Object.keys(changed?.[name] ?? {})]);
    return [...keys].sort().map((key) => two(`${name} ${key}`, today?.[name][key], changed?.[name][key]));
  };
  return [two("entered", today?.entered, changed?.entered), ...table("sent"), ...table("refused"), two("deferred", today?.deferred, changed?.deferred), ...table("ended")];
}
