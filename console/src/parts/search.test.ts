import { expect, test } from "vitest";

import { said, texts } from "./search";

test("an address keeps the filters that a screen knows, as texts", () => {
  expect(texts("tab", "year")({ tab: "all", year: 2026, other: "x", from: null })).toEqual({ tab: "all", year: "2026" });
  expect(texts("tab")({ tab: "" })).toEqual({});
});

test("what is not said is not sent", () => expect(said({ a: "x", b: undefined, c: "" })).toEqual({ a: "x" }));
