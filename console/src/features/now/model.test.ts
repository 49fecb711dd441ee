import { expect, test } from "vitest";

import { standing } from "./model";

const stretches = [
  { season: "january", phase: "prepare", from: "2025-12-05", to: "2026-01-01" },
  { season: "january", phase: "peak", from: "2026-01-02", to: "2026-02-09" },
];

function group(today: string) {
  return { places: ["a"], time_zone: "Europe/Berlin", today, phases: [], stretches };
}

test("the phase that holds and the next one are told by the places' own day", () => {
  expect(standing(group("2026-01-01"))).toMatchObject([{ phase: "prepare", to: "2026-01-01", inDays: 1 }]);
  expect(standing(group("2026-01-02"))).toMatchObject([{ phase: "peak", next: null }]);
  expect(standing(group("2026-03-30"))).toMatchObject([{ phase: "off", to: null, next: null }]);
});

test("days are counted across the change of clocks", () => {
  const spring = [{ season: "x", phase: "peak", from: "2026-03-30", to: "2026-04-01" }];
  expect(standing({ ...group("2026-03-28"), stretches: spring })[0]?.inDays).toBe(2);
});
