import { expect, test } from "vitest";

import { lines, type Report, type Result } from "./simulated";

function report(sent: Record<string, number>): Report {
  const sums = { entered: 5, sent, refused: { holdout: 1 }, ended: {}, deferred: 2 };
  return { from: "2026-01-01", to: "2026-01-31", people: 10, messages: { sent: 4, peak_per_hour: 2 }, journeys: [{ journey: "win-back", total: sums, weeks: [] }], scorecard: [] };
}

const alone: Result = { report: report({ email: 4 }), changed: null, differences: null, notes: [] };

test("a journey's numbers are told one below the other", () =>
  expect(lines(alone, "win-back")).toEqual([
    { what: "entered", today: 5, changed: null },
    { what: "sent email", today: 4, changed: null },
    { what: "refused holdout", today: 1, changed: null },
    { what: "deferred", today: 2, changed: null },
  ]));

test("what only one of two sets of rules does is nothing by the other", () => {
  const both = { ...alone, changed: report({ sms: 3 }) };
  expect(lines(both, "win-back").filter((each) => each.what.startsWith("sent"))).toEqual([
    { what: "sent email", today: 4, changed: 0 },
    { what: "sent sms", today: 0, changed: 3 },
  ]);
});

test("a journey that only the changed rules have is nothing today", () => expect(lines({ ...alone, changed: report({}) }, "other")[0]).toEqual({ what: "entered", today: 0, changed: 0 }));
