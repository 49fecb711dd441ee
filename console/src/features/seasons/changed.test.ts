import { expect, test } from "vitest";

import { seasonWords } from "@/words/seasons";

import { type Changed, phasesOf, told, whereNow } from "./changed";

const one = (phase: string, topic = "caps"): Changed => ({ phase, topic, file: "", where: "", key: "", is_then: 1, otherwise: 2 });

test("phases come as in a season, and what each changes by topic", () => {
  const found = phasesOf([one("january.peak"), one("off"), one("peak", "work"), one("peak", "audiences"), one("prepare")]);
  expect(found.map((each) => each.phase)).toEqual(["prepare", "peak", "january.peak", "off"]);
  expect(found[1]?.rows.map((each) => each.topic)).toEqual(["audiences", "work"]);
});

test("a phase holds where the calendar says so", () => {
  expect(whereNow([{ places: ["a", "b"], phases: ["peak", "january.peak"] }, { places: ["c"], phases: ["off"] }], "peak")).toEqual(["a", "b"]);
});

test.each([[true, "yes"], [false, "no"], ["", "–"], [null, "–"], [0, "0"], [["sms", "email"], "sms, then email"], [[], "–"]])("%j is told as %s", (value, said) => {
  expect(told(value)).toBe(said);
});

test("every phase of a season has a name", () => {
  expect([seasonWords.phaseNamed("cool_down"), seasonWords.phaseNamed("january.peak")]).toEqual(["Cool-down of any season", "Peak of January"]);
});
