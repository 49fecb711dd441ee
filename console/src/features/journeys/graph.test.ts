import { expect, test } from "vitest";

import { END, ENTRY, graphOf } from "./graph";

const arrows = (steps: Record<string, unknown>[]) => graphOf("joins lapsed", steps).edges.map((each) => `${each.from}>${each.to}${each.label && `:${each.label}`}`);

test("steps follow one another, and the last leads to the end", () =>
  expect(arrows([{ wait: "1 day" }, { send: {} }])).toEqual([`${ENTRY}>steps.0`, "steps.0>steps.1", `steps.1>${END}`]));

test("both sides of a branch come together at the step after it, also an empty side", () =>
  expect(arrows([{ branch: { when: {}, then: [{ send: {} }], else: [] } }, { exit: "x" }])).toEqual([
    `${ENTRY}>steps.0`,
    "steps.0>steps.0.branch.then.0:then",
    "steps.0.branch.then.0>steps.1",
    "steps.0>steps.1:else",
  ]));

test("after an exit nothing goes on", () => {
  const { nodes } = graphOf("", [{ exit: "x" }]);
  expect(nodes.map((each) => each.id)).not.toContain(END);
});

test("a wait with late steps goes on both ways", () =>
  expect(arrows([{ wait: { event: "a", timeout: "1 day", late: [{ exit: "late" }] } }])).toEqual([
    `${ENTRY}>steps.0`,
    "steps.0>steps.0.wait.late.0:late",
    `steps.0>${END}`,
  ]));

test("every node has its own id, and every edge leads from a node to a node", () => {
  const deep = { branch: { when: {}, then: [{ split: [{ way: "a", steps: [{ wait: "1 day" }] }, { way: "b", steps: [] }] }], else: [{ exit: "x" }] } };
  const { nodes, edges } = graphOf("", [deep, { send: {} }]);
  const ids = nodes.map((each) => each.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const each of edges) expect(ids).toEqual(expect.arrayContaining([each.from, each.to]));
  expect(nodes.map((each) => each.path)).toContain("0.then.0.a.0");
});
