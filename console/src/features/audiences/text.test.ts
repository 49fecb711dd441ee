import { expect, test } from "vitest";
import { parse } from "yaml";

import { readFile, set } from "@/parts/yaml";

import { conditionOf, START, valueOf, withCondition } from "./text";

const TEXT = `# Who stays away.
audience: lapsed
description: Came, and does not any more. # for people
owner: lifecycle
where:
  all:
    - {did: check_in}
    - {did_not: check_in, within: 30 days}
`;

test("a condition is read and written back, and comments stay", () => {
  const condition = conditionOf(readFile(TEXT));
  expect(condition).toEqual({ all: [{ did: "check_in" }, { did_not: "check_in", within: "30 days" }] });
  expect(withCondition(TEXT, condition ?? {})).toBe(TEXT);
});

test("groups go over lines and what asks one thing on one", () => {
  const made = withCondition(TEXT, { any: [{ in: "a" }, { not: { trait: "x", is: true } }] });
  expect(made).toContain("where:\n  any:\n    - {in: a}\n    - not: {trait: x, is: true}\n");
  expect(made).toContain("# Who stays away.");
});

test("words for people are changed alone", () => {
  const made = set(TEXT, "owner", "clubs: north");
  expect((parse(made) as { owner: string }).owner).toBe("clubs: north");
  expect(made).toContain("# for people");
});

test.each(["audience: [", "- a\n- b", "just text"])("what is no mapping is broken: %s", (text) => {
  expect(readFile(text).broken).toBe(true);
  expect(conditionOf(readFile(text))).toBeNull();
});

test("a new audience has its name", () => expect(valueOf(readFile(START("fresh")), "audience")).toBe("fresh"));
