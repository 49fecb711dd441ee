import { expect, test } from "vitest";

import { nearest } from "./focus";

test("the focus goes to what is left of where it was", () => {
  const [button, card, list] = [{ isConnected: false }, { isConnected: false }, { isConnected: true }];
  expect(nearest([button, card, list])).toBe(list);
  expect(nearest([list, card])).toBe(list);
  expect(nearest([button])).toBeUndefined();
});
