import { expect, test } from "vitest";

import { explained } from "./explained";

test("what a model compared is told with how much it weighs", () => {
  const agrees = [{ what: "same surname", bits: 12 }, { what: "same city", bits: 3 }, { what: "same language", bits: 0.2 }];
  const found = { agrees, differs: [{ what: "another birthday", bits: -5 }], missing: ["phone"], caution: "may be twins (12%)", model: "m" };
  expect(explained(found)).toEqual([
    ["What agrees", "same surname (over a thousand times likelier); same city (about 8 times likelier); same language (says little)"],
    ["What differs", "another birthday (about 30 times less likely)"],
    ["Not known of both", "phone"],
    ["Take care", "may be twins (12%)"],
  ]);
  expect(explained({ agrees: [], differs: [], missing: [] })).toEqual([["What agrees", "nothing"]]);
});

test("a rule that was met is named", () => {
  expect(explained({ rule: "same_phone" })).toEqual([["Rule that was met", "Same phone"]]);
});
