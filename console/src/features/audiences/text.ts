import type { Document, YAMLMap } from "yaml";

import { type Condition, groupOf, parts } from "@/parts/conditions/condition";
import { readFile, written, type YamlFile } from "@/parts/yaml";

export function conditionOf(file: YamlFile): Condition | null {
  const found: unknown = file.broken ? null : (file.document.toJS() as Record<string, unknown>).where;
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Condition) : null;
}

export function valueOf(file: YamlFile, key: string): string {
  const found: unknown = file.broken ? "" : file.document.get(key);
  return typeof found === "string" ? found : "";
}

/** Groups go over lines, what asks one thing stands on one line, as people write it. */
function node(document: Document, condition: Condition): unknown {
  const group = groupOf(condition);
  if (group === null) return document.createNode(condition, { flow: true });
  const map = document.createNode({}) as YAMLMap;
  const inside = parts(condition).map((each) => node(document, each));
  if (Array.isArray(condition[group])) {
    const list = document.createNode([]);
    inside.forEach((each) => (list as unknown as { add: (item: unknown) => void }).add(each));
    map.set(group, list);
  } else map.set(group, inside[0]);
  return map;
}

export function withCondition(text: string, condition: Condition): string {
  const { document } = readFile(text);
  document.set("where", node(document, condition));
  return written(document);
}

export const START = (name: string) =>
  `audience: ${name}\ndescription: ""\nowner: ""\nwhere:\n  all:\n    - {did: "", within: 30 days}\n`;

export function pathOf(name: string): string {
  return `audiences/${name}.yaml`;
}
