import { expect, test } from "vitest";

import { isReported, rate, rates } from "./reported";

test.each([
  [0, "0.00 %"],
  [0.00001, "< 0.01 %"],
  [0.0031, "0.31 %"],
  [1, "100.00 %"],
])("a rate of %d is written %s", (share, text) => expect(rate(share)).toBe(text));

test("a day without messages has no rate", () => {
  const days = [{ bounce_rate: null, complaint_rate: null }, { bounce_rate: 0.5, complaint_rate: 0 }];
  expect(rates(days, "bounce_rate")).toEqual([null, 0.5]);
});

test("nothing delivered is told only of a channel whose provider reports", () => {
  const silent = { delivered: 0, bounced: 0, complained: 0, unsubscribed: 0 };
  expect(isReported(silent)).toBe(false);
  expect(isReported({ ...silent, bounced: 1 })).toBe(true);
});
