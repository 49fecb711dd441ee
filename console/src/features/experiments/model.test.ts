import { expect, test } from "vitest";

import { effect, value } from "@/parts/units";

import { counted, effectOf, type Findings, primaryOf, reasonOf, span, whyNot } from "./model";

const SHARE = { is_share: true, is_money: false };
const MONEY = { is_share: false, is_money: true };
const COUNT = { is_share: false, is_money: false };

test("shares are told in percent and points, money in its currency, all else as numbers", () => {
  expect([value(0.195, SHARE, "EUR"), effect(-0.009, SHARE, "EUR")]).toEqual(["19.5 %", "−0.9"]);
  expect([value(423.04, MONEY, "EUR"), effect(344.59, MONEY, "EUR")]).toEqual(["4.23 EUR", "+3.45"]);
  expect(value(423, MONEY, "JPY")).toBe("423 JPY");
  expect(value(0.883, COUNT, "EUR")).toBe("0.88");
});

test("an interval has both ends, and a dash where there is none", () => {
  expect(span({ low: -0.009, high: 0.242 }, SHARE, "EUR")).toBe("−0.9 … +24.2");
  expect(span(null, SHARE, "EUR")).toBe("–");
});

test("what cannot be computed is no effect, and says why", () => {
  const none = { effect: { reason: "too_small", detail: "Wait for more." } };
  expect([effectOf(none), reasonOf(none), whyNot(none)]).toEqual([null, "too_small", "Wait for more."]);
  expect(effectOf({ effect: { treated: 1, control: 0, value: 1 } })?.value).toBe(1);
});

test("a difference by itself says what it is counted in", () => {
  expect([counted(0.031, SHARE, "EUR"), counted(1250, MONEY, "EUR"), counted(0.25, COUNT, "EUR")]).toEqual(["+3.1 points", "+12.50 EUR", "+0.25"]);
});

test("segments have the unit of the primary metric, wherever it stands", () => {
  const metric = { metric: "spend", variant: "treated", claim: "more" };
  const metrics = [{ ...metric, role: "supporting", ...SHARE }, { ...metric, role: "primary", ...MONEY }];
  expect(primaryOf({ metrics } as Findings)).toMatchObject(MONEY);
  expect(primaryOf({ metrics: [] as Findings["metrics"] } as Findings)).toEqual(COUNT);
});
