import { expect, test } from "vitest";

import { differing, overlaid } from "./draft";

const FILES = { "a.yaml": "a", "b.yaml": "b" };

test("a draft replaces, adds and removes files, and leaves what was read alone", () => {
  expect(overlaid(FILES, { "a.yaml": "A", "b.yaml": null, "c.yaml": "c" })).toEqual({ "a.yaml": "A", "c.yaml": "c" });
  expect(FILES).toEqual({ "a.yaml": "a", "b.yaml": "b" });
});

test("only what differs is a change", () => {
  const draft = { "a.yaml": "a", "b.yaml": "B", "c.yaml": null, "d.yaml": "d" };
  expect(differing(FILES, draft)).toEqual({ "b.yaml": "B", "d.yaml": "d" });
});
