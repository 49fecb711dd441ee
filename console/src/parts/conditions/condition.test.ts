import { expect, test } from "vitest";

import { blank, grouped, groupOf, KINDS, kindOf, parts, plain, put, rename, scalar, withWay, withWindow, written } from "./condition";

test("every kind has a blank that is of its kind, and blanks are not shared", () => {
  for (const kind of KINDS) {
    expect(kindOf(blank(kind))).toBe(kind);
    expect(blank(kind)).not.toBe(blank(kind));
  }
});

test("a group keeps its parts; not has one part", () => {
  const two = [{ in: "a" }, { in: "b" }];
  expect(parts(grouped("all", two))).toEqual(two);
  expect(grouped("not", two)).toEqual({ not: { all: two } });
  expect(grouped("not", [{ in: "a" }])).toEqual({ not: { in: "a" } });
  expect([groupOf({ any: [] }), groupOf({ in: "a" })]).toEqual(["any", null]);
});

test("an all around one part is taken away", () => {
  expect(plain({ all: [{ all: [{ in: "a" }] }] })).toEqual({ in: "a" });
  expect(plain({ not: { in: "a" } })).toEqual({ not: { in: "a" } });
  expect(plain({ any: [{ in: "a" }, { in: "b" }] })).toEqual({ any: [{ in: "a" }, { in: "b" }] });
});

test.each([
  ["3", 3],
  ["true", true],
  ["[a, b]", ["a", "b"]],
  ["30 days", "30 days"],
  ["33 %", "33 %"],
  ["", ""],
  ["[a, b", "[a, b"],
  ["{a: b}", "{a: b}"],
])("what is written as %s is read as YAML reads it", (text, value) => expect(scalar(text)).toEqual(value));

test("what stands in a field is read back as it was", () => {
  for (const value of [3, true, "gold", "30 days", ["a", "b"], [60, 80]]) expect(scalar(written(value))).toEqual(value);
});

test("keys are set, renamed in their place and removed", () => {
  expect(put({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
  expect(Object.keys(rename({ trait: "x", is: 1, more: 2 }, "is", "above"))).toEqual(["trait", "above", "more"]);
});

test("one window and one way of counting stand at a time", () => {
  expect(withWindow({ did: "a", within: "3 days" }, "between", "3 and 1 days ago")).toEqual({ did: "a", between: "3 and 1 days ago" });
  expect(withWindow({ did: "a", within: "3 days" }, "ever", "")).toEqual({ did: "a" });
  expect(withWay({ did: "a", count: { at_least: 2 } }, "sum", { of: "x" })).toEqual({ did: "a", sum: { of: "x" } });
});
