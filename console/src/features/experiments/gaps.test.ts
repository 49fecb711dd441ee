import { describe, expect, it } from "vitest";

import { gapOption, lastGapOf } from "./gaps";
import { coursesOf, gapsOf, type PlaceCourse } from "./model";

const GAP: PlaceCourse = {
  place: "north",
  is_money: true,
  started: 1,
  periods: [
    { on: "2026-01-05", value: 20, low: -300, high: 200 },
    { on: "2026-01-12", value: 900, low: -250, high: 400 },
  ],
};

describe("the gap of a place", () => {
  it("says what the last period is beside the places without it", () => {
    const [beyond, within] = [lastGapOf(GAP, "EUR"), lastGapOf({ ...GAP, periods: GAP.periods.slice(0, 1) }, "EUR")];
    expect(beyond).toContain("9.00 EUR");
    expect(beyond).toContain("beyond most places");
    expect(within).toContain("Places without it moved as much.");
  });

  it("draws the gap, the band between its ends, zero and the start, in major units", () => {
    const { series } = gapOption(GAP, "EUR");
    const [gap, low, wide] = series as { data: number[]; markLine?: { data: object[] } }[];
    expect(gap?.data).toEqual([0.2, 9]);
    expect(gap?.markLine?.data).toEqual([{ yAxis: 0 }, { xAxis: "2026-01-12" }]);
    expect([low?.data, wide?.data]).toEqual([[-3, -2.5], [5, 6.5]]);
  });

  it("is told apart from the difference of a variant", () => {
    const course = { variant: "treated", level: 0.95, days: [] };
    const report = { experiment: "kiosk", report: [], course: [GAP, course] };
    expect(gapsOf(report)).toEqual([GAP]);
    expect(coursesOf(report)).toEqual([course]);
    expect(gapsOf({ experiment: "kiosk", report: [] })).toEqual([]);
  });
});
