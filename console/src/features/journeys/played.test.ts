import { expect, test } from "vitest";

import { fileOf, type Story, unheard } from "./played";

test("stories stand in the file of the journey's name, or in the one that names it", () => {
  const named = { "journeys/tests/a.yaml": "journey: renewal", "journeys/tests/b.yaml": "journey: [", "journeys/x.yaml": "journey: other" };
  expect(fileOf({ ...named, "journeys/tests/renewal.yaml": "" }, "renewal")).toBe("journeys/tests/renewal.yaml");
  expect(fileOf(named, "renewal")).toBe("journeys/tests/a.yaml");
  expect(fileOf(named, "other")).toBe("journeys/tests/other.yaml");
});

test("what no line of the story tells is told apart", () => {
  const line = { at: "2026-03-02 10:00", said: "x should be sent", holds: false, instead: "but nothing of the kind happened" };
  const wrong = ["the event came was not accepted (contract): no club", "2026-03-02 10:00: x should be sent, but nothing of the kind happened"];
  const story: Story = { tests: "t", title: "s", passes: false, wrong, happened: [], outcomes: [line, { ...line, said: "y should be sent", holds: true, instead: "" }] };
  expect(unheard(story)).toEqual([wrong[0]]);
});
