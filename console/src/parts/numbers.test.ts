import { expect, test } from "vitest";

import { percent, seconds, signedPoints, whole, worded } from "./numbers";

test("numbers are grouped and shares have their sign", () => {
  expect(whole(1234567)).toBe("1,234,567");
  expect(percent(0.1534)).toBe("15.3 %");
  expect([signedPoints(0.041), signedPoints(-0.041), signedPoints(0)]).toEqual(["+4.1", "−4.1", "0.0"]);
});

test.each([
  [0.25, "0.3 s"],
  [90, "90 s"],
  [600, "10 min"],
  [7_200, "2 h"],
  [604_800, "7 days"],
])("%d seconds are written %s", (value, text) => expect(seconds(value)).toBe(text));

test("names become words", () => expect(worded("membership_status-x")).toBe("Membership status x"));
