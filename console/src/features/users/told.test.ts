import { expect, test } from "vitest";

import { came, didWhat } from "./told";

test("an act is told in words, and one that nobody knows as it was recorded", () => {
  expect(didWhat("POST /api/v1/pauses")).toBe("paused");
  expect(didWhat("GET /api/v1/profiles/{profile:path}")).toBe("looked at personal values");
  expect(didWhat("sign_in_failed")).toBe("sign in failed");
  expect(didWhat("POST /api/v1/gone")).toBe("POST /api/v1/gone");
});

test.each([
  [200, "done"],
  [204, "done"],
  [403, "refused (403)"],
  [503, "failed (503)"],
])("an answer %i is %s", (status, told) => {
  expect(came(status)).toBe(told);
});
