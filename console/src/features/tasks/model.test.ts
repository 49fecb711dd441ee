import { expect, test } from "vitest";

import { whose } from "./model";

test.each([
  ["message", null, "free"],
  ["message", "ada", "mine"],
  ["message", "bob", "theirs"],
  ["opt_out_review", null, "decide"],
  ["opt_out_review", "ada", "decide"],
])("a task of kind %s that %s has is %s", (kind, assignee, expected) => {
  expect(whose({ kind, assignee }, "ada")).toBe(expected);
});
