import { expect, test } from "vitest";

import { told } from "./model";

test("a whole number is told to the last digit, another one in six", () => {
  expect(told(12_345_678)).toBe("12345678");
  expect(told(0.1 + 0.2)).toBe("0.3");
});

test("what is not known is told as such, and what is no text as JSON", () => {
  expect(told(null)).toBe("–");
  expect(told(["a"])).toBe('["a"]');
});
