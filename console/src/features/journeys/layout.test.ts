import { expect, test } from "vitest";

import { graphOf } from "./graph";
import { HEIGHT, inReadingOrder, laidOut, pathThrough, WIDTH } from "./layout";

const NESTED = graphOf("joins lapsed", [
  { branch: { when: {}, then: [{ branch: { when: {}, then: [{ send: {} }], else: [{ send: {} }] } }], else: [] } },
  { branch: { when: {}, then: [], else: [] } },
  { exit: "over" },
]);

test("no label stands on a step or on another label, also where a way passes steps by", () => {
  const labels = NESTED.edges.map(() => "yes · 1,234");
  const { places, edges } = laidOut(NESTED, labels);
  for (const [at, { label }] of edges.entries()) {
    for (const { x, y } of places.values()) expect(label.x > x && label.x < x + WIDTH && label.y > y && label.y < y + HEIGHT).toBe(false);
    for (const other of edges.slice(at + 1)) expect(Math.abs(other.label.x - label.x) > 60 || Math.abs(other.label.y - label.y) > 12).toBe(true);
  }
});

test("two ways between the same steps are two", () => {
  const { edges } = laidOut(NESTED, []);
  expect(new Set(edges.map((each) => each.path)).size).toBe(NESTED.edges.length);
});

test("a path goes from the first point to the last", () => {
  expect(pathThrough([{ x: 0, y: 0 }, { x: 5, y: 10 }, { x: 9, y: 20 }])).toBe("M 0 0 Q 5 10 7 15 L 9 20");
  expect(pathThrough([])).toBe("");
});

test("the keyboard goes from top to bottom and from left to right", () => {
  const at = (x: number, y: number) => ({ position: { x, y } });
  expect(inReadingOrder([at(0, 20), at(9, 0), at(5, 20), at(1, 0)])).toEqual([at(1, 0), at(9, 0), at(0, 20), at(5, 20)]);
});
