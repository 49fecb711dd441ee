import { expect, test } from "vitest";

import { readFile, set } from "@/parts/yaml";

import { insert, move, remove, replace, START, stepsOf } from "./text";

const TEXT = `journey: win-back # the old one
entry: {joins: lapsed}
steps:
  - send: {channel: email, template: hello}
  - branch:
      when: {did: check_in}
      then: []
      else:
        - exit: gone
`;

test("a step is put in its place, also inside an empty side of a branch", () => {
  const after = insert(TEXT, ["steps"], 1, { wait: "2 days" });
  expect(stepsOf(readFile(after)).map((each) => Object.keys(each)[0])).toEqual(["send", "wait", "branch"]);
  const inside = insert(TEXT, ["steps", 1, "branch", "then"], 0, { exit: "came" });
  expect(stepsOf(readFile(inside))[1]).toEqual({ branch: { when: { did: "check_in" }, then: [{ exit: "came" }], else: [{ exit: "gone" }] } });
  expect(inside).toContain("# the old one");
});

test("steps move among their neighbours and stop at the ends", () => {
  const moved = move(TEXT, ["steps", 0], 1);
  expect(Object.keys(stepsOf(readFile(moved))[0] ?? {})).toEqual(["branch"]);
  expect(move(TEXT, ["steps", 0], -1)).toBe(TEXT);
  expect(move(moved, ["steps", 1], -1)).toBe(TEXT);
});

test("a step is replaced and removed where it stands", () => {
  expect(stepsOf(readFile(replace(TEXT, ["steps", 0], { wait: "1 day" })))[0]).toEqual({ wait: "1 day" });
  expect(stepsOf(readFile(remove(TEXT, ["steps", 1, "branch", "else", 0])))[1]).toEqual({ branch: { when: { did: "check_in" }, then: [], else: [] } });
});

test("keys are set, and removed when they are emptied", () => {
  expect(set(TEXT, "owner", "clubs")).toContain("owner: clubs");
  expect(set(set(TEXT, "owner", "clubs"), "owner", "")).toBe(TEXT);
});

test("a new journey has no steps, and takes the first", () =>
  expect(stepsOf(readFile(insert(START("x"), ["steps"], 0, { exit: "done" })))).toEqual([{ exit: "done" }]));
