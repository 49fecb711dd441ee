import { expect, test } from "vitest";

import { conditions, rowsSql } from "./query";

test("filters become conditions, and nothing leaves its quotes", () => {
  expect(conditions({ profile: "17", outcome: "refusal", journey: "a'b" })).toEqual([
    "profile_id = 17",
    "decision = 'refusal'",
    "journey = 'a''b'",
  ]);
});

test("what is no number and no day is not asked for", () => {
  expect(conditions({ profile: "17 OR 1=1", from: "yesterday", to: "2026-1-1" })).toEqual([]);
});

test("a reason is found wherever it stands among the reasons", () => {
  expect(conditions({ reason: "quiet_hours" })[0]).toContain(`LIKE '%"quiet_hours"%'`);
});

test("without a filter all are asked for", () => expect(rowsSql({})).not.toContain("WHERE"));
