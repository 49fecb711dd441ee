import { expect, test } from "vitest";
import { parse } from "yaml";

import { choicesOf, pathIn, pathOf, START } from "./text";

test("journeys that keep a holdout can be compared, declared metrics can be measured", () => {
  const files = {
    "journeys/win-back.yaml": "journey: win-back\nholdout: 15 %\n",
    "journeys/welcome.yaml": "journey: welcome\n",
    "journeys/tests/win-back.yaml": "journey: win-back\nholdout: 15 %\n",
    "metrics.yaml": "metrics:\n  - {metric: returned}\n  - {metric: spend}\n",
    "traits.yaml": "traits: {tier: {type: text}}\n",
  };
  expect(choicesOf(files)).toEqual({ journeys: ["win-back"], metrics: ["returned", "spend"], traits: ["tier"] });
});

test("a workspace without metrics offers none", () => expect(choicesOf({})).toEqual({ journeys: [], metrics: [], traits: [] }));

test("a new experiment has its name and its place", () => {
  expect((parse(START("words")) as { experiment: string }).experiment).toBe("words");
  expect(pathOf("words")).toBe("experiments/words.yaml");
});

test("an experiment is found by what its file says, not by the file's name", () => {
  const files = { "experiments/spring.yaml": 'experiment: "words"\n', "experiments/words.yaml": "experiment: other\n", "journeys/x.yaml": "experiment: new\n" };
  expect(pathIn(files, "words")).toBe("experiments/spring.yaml");
  expect(pathIn(files, "new")).toBe("experiments/new.yaml");
});
