import { expect, test } from "vitest";

import { problemOf } from "./problem";

test("a problem keeps the code and the words of the API", () => {
  const found = problemOf({ code: "hold_unknown", message: "There is no hold 7." }, 404);
  expect([found.code, found.message, found.status]).toEqual(["hold_unknown", "There is no hold 7.", 404]);
});

test.each([null, "gateway", 3, {}, { code: 1, message: "x" }])("whatever else came is unreadable: %j", (told) => {
  expect(problemOf(told, 502).code).toBe("unreadable_answer");
});
