import { expect, test } from "vitest";

import { barsOf, isYear, shareOf } from "./year";

const stretch = (from: string, to: string) => ({ season: "january", phase: "peak", from, to });

test("a bar has the days of its stretch, both ends in", () => {
  const [bar] = barsOf([stretch("2025-01-01", "2025-01-31")], "january", 2025);
  expect(bar).toMatchObject({ left: 0, width: 31 / 365 });
});

test("what lies over the turn of the year is cut off, what lies in another year is gone", () => {
  const over = [stretch("2024-12-20", "2025-01-02"), stretch("2026-01-01", "2026-02-01")];
  expect(barsOf(over, "january", 2025).map((each) => Math.round(each.width * 365))).toEqual([2]);
  expect(barsOf(over, "september", 2025)).toEqual([]);
});

test("a leap year has 366 days", () => {
  expect(shareOf("2024-12-31", 2024)).toBeCloseTo(365 / 366, 10);
  expect(shareOf("2025-01-01", 2024)).toBe(1);
});

test.each([[2026, true], ["2026", true], [2, false], ["", false], [undefined, false], ["soon", false], [99_999, false], [2026.5, false]])("%j is a year: %j", (told, is) => {
  expect(isYear(told)).toBe(is);
});
