import type { Decision } from "@/parts/Decisions";

import type { TimelineEvent } from "./model";

export interface Span {
  from?: string;
  to?: string;
}

/**
 * The span in which verdicts stand among a page of events: from the page's last event on, or from wherever where no page
 * follows; before the last event of the page ahead of it. Pages follow one another without a gap. `null`: it is empty.
 */
export function spanOf(events: TimelineEvent[], isLast: boolean, before: string | null, asked: Span): Span | null {
  const oldest = events[events.length - 1];
  const from = isLast || oldest === undefined ? asked.from : oldest.occurred_at;
  const to = before ?? asked.to;
  if (before !== null && from !== undefined && Date.parse(from) >= Date.parse(before)) return null;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

export type Entry = { at: string; event: TimelineEvent; decision: null } | { at: string; event: null; decision: Decision };

/** Events and verdicts in one list, the newest first; of the same instant the verdict stands above what led to it. */
export function together(events: TimelineEvent[], decisions: Decision[]): Entry[] {
  const of: Entry[] = [
    ...decisions.map((decision) => ({ at: decision.at, event: null, decision })),
    ...events.map((event) => ({ at: event.occurred_at, event, decision: null })),
  ];
  return of.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}
