import { expect, test } from "vitest";

import { likest } from "./likest";

test.each([
  ["membership_teir", "membership_tier"],
  ["Membership Tier", "membership_tier"],
  ["shoe_size", ""],
  ["nps", "nps"],
  ["npx", "nps"],
])("%s is like %s", (written, known) => {
  expect(likest(written, ["membership_tier", "nps", "first_name"])).toBe(known);
});
