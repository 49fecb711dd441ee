import { expect, test } from "vitest";

import { reading } from "./read";

test("groups and what they ask are read line by line", () => {
  const lines = reading({
    all: [{ trait: "tier", is: "gold" }, { any: [{ did_not: "check_in", within: "30 days" }, { in: "vips" }] }],
  });
  expect(lines).toEqual([
    { depth: 0, text: "all of these hold:" },
    { depth: 1, text: "trait tier is gold" },
    { depth: 1, text: "at least one of these holds:" },
    { depth: 2, text: "did not check_in, within 30 days" },
    { depth: 2, text: "in vips" },
  ]);
});

test("inner mappings are read too", () =>
  expect(reading({ did: "a", count: { at_least: 3 }, where: { weekday: { in: ["sat", "sun"] } } })[0]?.text).toBe(
    "did a, count at least 3, where weekday in sat, sun",
  ));
