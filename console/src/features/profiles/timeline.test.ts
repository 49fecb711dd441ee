import { expect, test } from "vitest";

import type { Decision } from "@/parts/Decisions";

import type { TimelineEvent } from "./model";
import { spanOf, together } from "./timeline";

function at(hour: number): string {
  return `2026-01-01T${String(hour).padStart(2, "0")}:00:00.000000+00:00`;
}

function events(...hours: number[]): TimelineEvent[] {
  return hours.map((hour) => ({ event_id: `e-${hour}`, occurred_at: at(hour) }) as TimelineEvent);
}

function decisions(...hours: number[]): Decision[] {
  return hours.map((hour) => ({ id: hour, at: at(hour) }) as Decision);
}

test("spans of pages follow one another without a gap, and the ends are open where nothing is asked", () => {
  expect(spanOf(events(9, 7), false, null, {})).toEqual({ from: at(7) });
  expect(spanOf(events(6, 4), false, at(7), {})).toEqual({ from: at(4), to: at(7) });
  expect(spanOf(events(3), true, at(4), {})).toEqual({ to: at(4) });
  expect(spanOf([], true, null, {})).toEqual({});
});

test("what was asked for bounds the first page and the last", () => {
  const asked = { from: "2026-01-01", to: "2026-01-01" };
  expect(spanOf(events(9, 7), false, null, asked)).toEqual({ from: at(7), to: "2026-01-01" });
  expect(spanOf(events(3), true, at(4), asked)).toEqual({ from: "2026-01-01", to: at(4) });
});

test("a page whose events all fall on the instant at which the page ahead ended has no span", () => {
  expect(spanOf(events(7, 7), false, at(7), {})).toBeNull();
});

test("verdicts stand among the events by time, above what led to them", () => {
  const told = together(events(9, 7), decisions(8, 7)).map((each) => each.event?.event_id ?? each.decision?.id);
  expect(told).toEqual(["e-9", 8, 7, "e-7"]);
});
