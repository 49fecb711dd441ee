import { expect, test } from "vitest";

import { courseOption, lastOf, reached, ruleOf, whatOf } from "./course";
import { railOf, trialOf, type Course, type Findings, type Look, type Metric, type Rail, type Report } from "./model";

const SHARE = { is_share: true, is_money: false };
const DAY = { on: "2026-03-01", units: { treated: 400, holdout: 200 }, value: 0.02, low: -0.03, high: 0.07 };
const course = (...days: Partial<typeof DAY>[]): Course => ({ variant: "treated", level: 0.95, days: days.map((each) => ({ ...DAY, ...each })) });
const look = (more: Partial<Look>): Look => ({ progress: 0.4, rule: "fixed", may_say: false, next_at: 1200, units: null, ...more });

test.each([
  [-0.03, 0.07, "Zero lies within: a gain, a loss and no effect all fit."],
  [0.01, 0.07, "The band lies above zero: a difference upwards."],
  [-0.07, -0.01, "The band lies below zero: a difference downwards."],
  [0, 0.07, "Zero lies within: a gain, a loss and no effect all fit."],
])("from %f to %f nothing more is said than the interval does", (low, high, said) => {
  expect(lastOf(course({}, { low, high }), SHARE, "EUR")).toContain(said);
});

test("the last day says when, of how many, and the interval", () => {
  expect(lastOf(course(DAY), SHARE, "EUR")).toBe("On 1 Mar 2026, of 600 people: +2.0 points, interval −3.0 … +7.0. Zero lies within: a gain, a loss and no effect all fit.");
  expect(lastOf(course(), SHARE, "EUR")).toContain("no day yet");
});

test("only a plan to look at any moment lets the band decide", () => {
  expect(ruleOf(look({ rule: "always", next_at: null }))).toBe("The plan reads the verdict by this band, whenever one looks.");
  expect(ruleOf(look({}))).toBe("It decides nothing: the plan reads the verdict once, at the end, by another interval. The next look is over the first 1,200 people, once their windows are over.");
  expect(ruleOf(look({ rule: "pocock", may_say: true }))).toContain("It decides nothing");
  expect(ruleOf(look({ may_say: true, next_at: null }))).toContain("that time has come");
  expect(ruleOf(look({ rule: "pocock", may_say: true, units: 600 }))).toContain("The look that stands is over the first 600 people; the band is over everybody. The next look is over");
  expect([reached(look({})), reached(look({ progress: null }))]).toEqual(["40 %", "none planned"]);
});

test("the words and the legend say the level that the variants share", () => {
  const findings = { look: look({}), registration: { level: 0.95, guardrails: [] } };
  const shared = { ...course(DAY), level: 0.975 };
  expect(whatOf([shared, shared], findings)).toContain("the 97.5 % always-valid interval: it holds on all days at once, so looking every day does not deceive. So the bands of all 2 variants hold together 95 % of the time. It decides nothing");
  expect(courseOption(shared, SHARE, "EUR").legend.data[1]).toMatchObject({ name: "Always-valid interval (97.5 %)" });
  expect(whatOf([course(DAY)], findings)).toMatch(/the 95 % always-valid interval.*deceive\. It decides/);
  expect(whatOf([], findings)).toBeUndefined();
});

test("the band is drawn from its low end upwards, below zero too", () => {
  const { series } = courseOption(course(DAY), SHARE, "EUR");
  expect(series.map((each) => each.data)).toEqual([[2], [-3], [10]]);
  expect(series[2]).toMatchObject({ stackStrategy: "all" });
});

test("a guardrail has its registered bound and its own metric's interval, of its own variant", () => {
  const metric = (variant: string): Metric => ({ metric: "cancelled", role: "guardrail", variant, claim: "nothing_shown", ...SHARE });
  const rail = (variant: string): Rail => ({ metric: "cancelled", variant, known: true, tripped: false, pauses: true, why: "" });
  const guardrails = [{ metric: "cancelled", worse_by: 0.03 }];
  const findings = { registration: { level: 0.95, guardrails }, metrics: [metric("a"), metric("b")], rails: [rail("a"), rail("b")] } as unknown as Findings;
  expect(railOf(findings, rail("b"))).toEqual({ bound: guardrails[0], metric: metric("b"), isMany: true });
});

test("places that were compared without lots are no trial", () => {
  const report: Report = { experiment: "x", report: [] };
  expect([trialOf({ ...report, findings: { estimators: [] } }), trialOf(report)]).toEqual([undefined, undefined]);
});
