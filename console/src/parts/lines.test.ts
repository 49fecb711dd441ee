import { expect, test } from "vitest";

import { difference } from "./lines";

test("lines that stay are kept, others are taken away and added", () =>
  expect(difference("a\nb\nc\n", "a\nB\nc\nd\n")).toBe(" a\n-b\n+B\n c\n+d"));

test("a new file is all added, a removed one all gone", () => {
  expect(difference("", "a\n")).toBe("+a");
  expect(difference("a\n", "")).toBe("-a");
});

test("applied to the text before, it gives the text after", () => {
  const before = "one\ntwo\nthree\nfour\ntwo";
  const after = "two\nthree\nfive\ntwo\nsix";
  const lines = difference(before, after).split("\n");
  const side = (drop: string) => lines.filter((each) => !each.startsWith(drop)).map((each) => each.slice(1)).join("\n");
  expect([side("+"), side("-")]).toEqual([before, after]);
});
