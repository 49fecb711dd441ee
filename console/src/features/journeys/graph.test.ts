import { expect, test } from "vitest";

import { drawn, END, ENTRY, graphOf } from "./graph";

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

test("what the API draws has its counts, and the file's words where the file still says that step", () => {
  const view = {
    nodes: [
      { id: "start", kind: "entry", does: "", standing: 0 },
      { id: "0", kind: "branch", does: "goes one of two ways", standing: 0 },
      { id: "0.then.0", kind: "wait_until", does: "waits until 10:00", standing: 3 },
      { id: "1", kind: "exit", does: "ends as over", standing: 0 },
      { id: "end", kind: "end", does: "ends", standing: 0 },
    ],
    edges: [
      { source: "start", target: "0", way: "", walked: 9 },
      { source: "0", target: "0.then.0", way: "then", walked: 4 },
    ],
  };
  const written = graphOf("", [{ branch: { when: { in: "vips" }, then: [{ send: { template: "x" } }] } }, { exit: "done" }]);
  const { nodes, edges } = drawn(view, "joins lapsed", written);
  expect(nodes.map((each) => [each.id, each.kind, each.text])).toEqual([
    [ENTRY, ENTRY, "joins lapsed"],
    ["0", "branch", "in vips"],
    ["0.then.0", "wait", "waits until 10:00"],
    ["1", "exit", "done"],
  ]);
  expect(edges.map((each) => [each.from, each.to, each.label, each.walked])).toEqual([[ENTRY, "0", "", 9], ["0", "0.then.0", "then", 4]]);
});
