/** The steps of a journey's file, changed one by one. */
import { type Document, isSeq } from "yaml";

import { readFile, values, written, type YamlFile } from "@/parts/yaml";

import { inner, type Place, type Step } from "./steps";

export function stepsOf(file: YamlFile): Step[] {
  const found = values(file).steps;
  return Array.isArray(found) ? found.filter((each): each is Step => typeof each === "object" && each !== null) : [];
}

function list(document: Document, place: Place) {
  const found = document.getIn(place, true);
  if (isSeq(found)) {
    if (found.items.length === 0) found.flow = false;
    return found;
  }
  const made = document.createNode([]);
  document.setIn(place, made);
  return made;
}

/** What holds other steps goes over lines; anything else stands on one. */
function node(document: Document, step: unknown) {
  const nests = typeof step === "object" && step !== null && ("branch" in step || "split" in step || "experiment" in step || inner(step as Step, [], "").length > 0);
  return document.createNode(step, { flow: !nests });
}

export function insert(text: string, into: Place, at: number, step: Step): string {
  const { document } = readFile(text);
  list(document, into).items.splice(at, 0, node(document, step));
  return written(document);
}

export function remove(text: string, place: Place): string {
  const { document } = readFile(text);
  document.deleteIn(place);
  return written(document);
}

/** Exchange a step with its neighbour in the same list; at an end nothing changes. */
export function move(text: string, place: Place, by: -1 | 1): string {
  const { document } = readFile(text);
  const at = place[place.length - 1];
  const around = document.getIn(place.slice(0, -1), true);
  if (!isSeq(around) || typeof at !== "number" || at + by < 0 || at + by >= around.items.length) return text;
  const [taken] = around.items.splice(at, 1);
  around.items.splice(at + by, 0, taken);
  return written(document);
}

export function replace(text: string, place: Place, value: unknown): string {
  const { document } = readFile(text);
  document.setIn(place, node(document, value));
  return written(document);
}

export function pathOf(name: string): string {
  return `journeys/${name}.yaml`;
}

export const START = (name: string) => `journey: ${name}
description: ""
owner: ""
entry:
  joins: ""
  reentry: never
purpose: marketing
steps: []
`;
