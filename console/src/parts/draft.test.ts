import { expect, test } from "vitest";

import { begun, differing, isTaken, NO_DRAFT, overlaid } from "./draft";

const FILES = { "a.yaml": "a", "b.yaml": "b" };

test("a draft replaces, adds and removes files, and leaves what was read alone", () => {
  expect(overlaid(FILES, { "a.yaml": "A", "b.yaml": null, "c.yaml": "c" })).toEqual({ "a.yaml": "A", "c.yaml": "c" });
  expect(FILES).toEqual({ "a.yaml": "a", "b.yaml": "b" });
});

test("only what differs is a change", () => {
  const draft = { "a.yaml": "a", "b.yaml": "B", "c.yaml": null, "d.yaml": "d" };
  expect(differing(FILES, draft)).toEqual({ "b.yaml": "B", "d.yaml": "d" });
});

test("an editor remembers of which version its text is, also where it goes on with a draft", () => {
  const workspace = { version: 7, files: FILES };
  const none = { draft: {}, bases: {} };
  expect(begun(workspace, none, "a.yaml", "new")).toEqual({ start: "a", base: 7, over: NO_DRAFT, isNew: false });
  expect(begun(workspace, none, "c.yaml", "new")).toEqual({ start: "new", base: 7, over: NO_DRAFT, isNew: true });
  expect(begun(workspace, { draft: { "a.yaml": "A" }, bases: { "a.yaml": { version: 5, mark: "m" } } }, "a.yaml", "new")).toEqual({ start: "A", base: 5, over: "m", isNew: false });
  expect(begun(workspace, { draft: { "a.yaml": null }, bases: { "a.yaml": { version: 5, mark: "m" } } }, "a.yaml", "new")).toEqual({ start: "new", base: 5, over: "m", isNew: true });
});

test("a name is taken by a file and by a draft, also by one that removes it", () => {
  const draft = { "c.yaml": "c", "a.yaml": null };
  expect(["a.yaml", "b.yaml", "c.yaml", "d.yaml"].map((path) => isTaken(FILES, draft, path))).toEqual([true, true, true, false]);
});
