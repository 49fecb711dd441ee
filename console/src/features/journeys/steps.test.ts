import { expect, test } from "vitest";

import { blank, inner, KINDS, kindOf, says, waitOf } from "./steps";

test("every kind has a blank that is of its kind", () => {
  for (const kind of KINDS) expect(kindOf(blank(kind))).toBe(kind);
});

test("both sides of a branch and the ways of a split stand inside, under the paths by which the API counts", () => {
  const branch = { branch: { when: { did: "a" }, then: [{ wait: "1 day" }], else: [] } };
  expect(inner(branch, ["steps", 2], "2").map((each) => [each.path, each.place.join("."), each.steps.length])).toEqual([
    ["2.then.", "steps.2.branch.then", 1],
    ["2.else.", "steps.2.branch.else", 0],
  ]);
  expect(inner(blank("split"), ["steps", 0], "0").map((each) => each.path)).toEqual(["0.a.", "0.b."]);
  expect(inner(blank("experiment"), ["steps", 0], "0").map((each) => each.path)).toEqual(["0.none.", "0.short."]);
  expect(inner({ wait: { event: "x", late: [{ exit: "y" }] } }, ["steps", 1], "1").map((each) => each.path)).toEqual(["1.late."]);
});

test.each([
  ["2 days", "span"],
  [{ until: "10:00", weekdays: ["mon"] }, "until"],
  [{ event: "paid", timeout: "5 days" }, "event"],
  [{ date: { trait: "x" } }, "date"],
])("a wait for %j is of the kind %s", (wait, kind) => expect(waitOf(wait)).toBe(kind));

test("steps say what they do", () => {
  expect(says({ send: { channel: "email", template: "hello" } })).toBe("hello · email");
  expect(says({ wait: { event: "paid", timeout: "5 days", late: [] } })).toBe("event paid, timeout 5 days");
  expect(says({ branch: { when: { did_not: "check_in", within: "3 days" } } })).toBe("did not check_in, within 3 days");
  expect(says({ exit: "over" })).toBe("over");
});
