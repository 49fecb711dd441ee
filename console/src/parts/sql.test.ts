import { expect, test } from "vitest";

import { quoted, records } from "./sql";

test("a text cannot leave its quotes", () => expect(quoted("a' OR 1=1 --")).toBe("'a'' OR 1=1 --'"));

test("rows become records", () =>
  expect(records({ columns: ["a", "b"], rows: [[1, "x"]], cut: false })).toEqual([{ a: 1, b: "x" }]));
