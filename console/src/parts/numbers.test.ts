import { expect, test } from "vitest";

import { bytes, percent, seconds, whole, worded } from "./numbers";

test("numbers are grouped, shares are told in percent", () => {
  expect(whole(1234567)).toBe("1,234,567");
  expect(percent(0.1534)).toBe("15.3 %");
});

test.each([
  [0.25, "0.3 s"],
  [90, "90 s"],
  [600, "10 min"],
  [7_200, "2 h"],
  [604_800, "7 days"],
])("%d seconds are written %s", (value, text) => expect(seconds(value)).toBe(text));

test("names become words", () => expect(worded("membership_status-x")).toBe("Membership status x"));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_500, "1.5 KB"],
  [123_456_789, "123 MB"],
  [2_000_000_000_000, "2.0 TB"],
])("%d bytes are written %s", (size, text) => expect(bytes(size)).toBe(text));
