import { expect, test } from "vitest";

import { counted } from "./counted";

const FILES = { "a.yaml": "a", "b.yaml": "b" };
const OWN = { path: "a.yaml", text: "edited" };

function ask(files: Record<string, string>): Promise<string> {
  const broken = Object.keys(files).find((path) => files[path] === "broken");
  return broken === undefined ? Promise.resolve(Object.values(files).join(" ")) : Promise.reject(new Error(`${broken} is broken`));
}

test("one's other drafts count too", async () => {
  expect(await counted(FILES, { "b.yaml": "B" }, OWN, ask)).toEqual({ plan: "edited B", withoutDrafts: null });
});

test("another draft that is broken is left out, and told", async () => {
  expect(await counted(FILES, { "b.yaml": "broken" }, OWN, ask)).toEqual({ plan: "edited b", withoutDrafts: new Error("b.yaml is broken") });
});

test("what is wrong with the file itself is told, whatever other drafts say", async () => {
  const own = { ...OWN, text: "broken" };
  await expect(counted(FILES, {}, own, ask)).rejects.toThrow("a.yaml is broken");
  await expect(counted(FILES, { "b.yaml": "broken" }, own, ask)).rejects.toThrow("a.yaml is broken");
});
