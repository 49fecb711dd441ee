import { inner, goesOn, kindOf, type Place, says, type Step } from "./steps";

export const ENTRY = "entry";
export const END = "end";

export interface GraphNode {
  id: string;
  kind: string;
  text: string;
  /** Path of the step, as the API counts who stands there; empty for the entry and the end. */
  path: string;
  place: Place;
}

export interface GraphEdge {
  from: string;
  to: string;
  label: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

interface Loose {
  from: string;
  label: string;
}

/** The steps of a journey as nodes and edges; whatever is left loose at the end leads to the end. */
export function graphOf(entry: string, steps: Step[]): Graph {
  const nodes: GraphNode[] = [{ id: ENTRY, kind: ENTRY, text: entry, path: "", place: ["entry"] }];
  const edges: GraphEdge[] = [];

  function walk(list: Step[], place: Place, path: string, entering: Loose[]): Loose[] {
    return list.reduce<Loose[]>((loose, step, number) => {
      const here: Place = [...place, number];
      const id = here.join(".");
      const mine = `${path}${number}`;
      nodes.push({ id, kind: kindOf(step) ?? "?", text: says(step), path: mine, place: here });
      edges.push(...loose.map((each) => ({ ...each, to: id })));
      const out: Loose[] = goesOn(step) ? [{ from: id, label: "" }] : [];
      for (const each of inner(step, here, mine)) out.push(...walk(each.steps, each.place, each.path, [{ from: id, label: each.label }]));
      return out;
    }, entering);
  }

  const loose = walk(steps, ["steps"], "", [{ from: ENTRY, label: "" }]);
  if (loose.length > 0) {
    nodes.push({ id: END, kind: END, text: "", path: "", place: [] });
    edges.push(...loose.map((each) => ({ ...each, to: END })));
  }
  return { nodes, edges };
}
