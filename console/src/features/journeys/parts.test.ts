import { expect, test } from "vitest";

import { EXITS, exitOf, reentryOf, restOf, startedExit, withRest, writtenPart } from "./parts";

test("every kind of exit has a start that is of its kind, and starts are not shared", () => {
  for (const kind of EXITS) {
    expect(exitOf(startedExit(kind))).toBe(kind);
    expect(startedExit(kind)).not.toBe(startedExit(kind));
  }
});

test.each([
  [{}, "never", ""],
  [{ reentry: "always" }, "always", ""],
  [{ reentry: { after: "90 days" } }, "after", "90 days"],
])("entering again is read from %j", (entry, kind, after) => expect(reentryOf(entry)).toEqual({ kind, after }));

test("what has no field is kept, and cannot take the place of what has one", () => {
  const entry = { event: "booked", where: { kind: "class" }, if: { in: "vips" }, settle: { after: "1 hour" } };
  expect(restOf(entry)).toEqual({ where: { kind: "class" }, settle: { after: "1 hour" } });
  expect(withRest(entry, { event: "other", reachable: ["email"] })).toEqual({ event: "booked", if: { in: "vips" }, reachable: ["email"] });
});

test.each([
  ["", true, { value: undefined }],
  ["# nothing yet", true, { value: undefined }],
  ["source: app", true, { value: { source: "app" } }],
  ["app", true, { wrong: "noMapping" }],
  ["- app", true, { wrong: "noMapping" }],
  ["3", true, { wrong: "noMapping" }],
  ["app", false, { value: "app" }],
  ["[", false, { wrong: "wrong" }],
])("a written part %j is taken or refused, never replaced", (text, isMapping, found) => {
  expect(writtenPart(text, isMapping)).toEqual(found);
});
