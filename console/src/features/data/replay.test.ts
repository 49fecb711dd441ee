import { expect, test } from "vitest";

import { bodyOf, EMPTY, hasFound, largest, ofWhat } from "./replay";

test("what is empty does not narrow a replay", () => {
  expect(bodyOf(EMPTY, true)).toEqual({ by: "received", dry_run: true });
  expect(bodyOf({ ...EMPTY, from: " 2026-01-01 ", profile: "user_id:17" }, false)).toEqual({ by: "received", from: "2026-01-01", profile: "user_id:17", dry_run: false });
});

test("the largest counts come first, and the rest is counted", () => {
  expect(largest({ a: 1, b: 3, c: 3, d: 2 }, 2)).toEqual({ shown: [["b", 3], ["c", 3]], more: 2 });
  expect(largest({}, 2)).toEqual({ shown: [], more: 0 });
});

test("it is said of which events a replay was, and not of whom", () => {
  const all = { from: null, to: null, by: "received", source: null, event: null, is_of_one: false };
  expect(ofWhat(all)).toBe("all events");
  expect(ofWhat({ ...all, from: "2026-01-01", to: "2026-01-31", by: "occurred" })).toBe("events that happened from 2026-01-01 to 2026-01-31");
  expect(ofWhat({ ...all, source: "app", event: "check_in", is_of_one: true })).toBe("all events, of the source app, named check_in, of one person");
});

test("where no event was found there is nothing to replay", () => {
  const report = { dry_run: true, continued: false, events: 0, unreadable: 0, changed_rows: 0, changes: {}, refused_now: {}, profiles: 0, joined: {}, left: {} };
  expect(hasFound({ state: "done", report })).toBe(false);
  expect(hasFound({ state: "done", report: { ...report, events: 1 } })).toBe(true);
});
