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
  /** How many took this way over the days that are counted. */
  walked?: number;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

interface Loose {
  from: string;
  label: string;
}

/** A journey as the API draws it: where people stand, and which way they went. */
export interface View {
  nodes: { id: string; kind: string; does: string; standing: number }[];
  edges: { source: string; target: string; way: string; walked: number }[];
}

/** Waits come in several kinds; on the canvas they look alike. */
function kindOfNode(kind: string): string {
  return kind.startsWith("wait") ? "wait" : kind;
}

/**
 * What the API draws, with the words of the file where the file still says that step: it tells more of a branch. Whoever
 * walks an older version, or one that a running server does not serve yet, is drawn in the API's own words.
 */
export function drawn(view: View, entry: string, written: Graph): Graph {
  const told = new Map(written.nodes.filter(({ path }) => path !== "").map((each) => [each.path, each]));
  const idOf = (id: string) => (id === "start" ? ENTRY : id);
  const nodes = view.nodes
    .filter(({ id }) => id !== END || view.edges.some((edge) => edge.target === END))
    .map((each): GraphNode => {
      const kind = kindOfNode(each.kind);
      if (each.id === "start") return { id: ENTRY, kind: ENTRY, text: entry, path: "", place: [] };
      if (each.id === END) return { id: END, kind: END, text: "", path: "", place: [] };
      const file = told.get(each.id);
      const says = file !== undefined && (file.kind === kind || kind === "send") ? file : { kind, text: each.does };
      return { id: each.id, kind: says.kind, text: says.text, path: each.id, place: [] };
    });
  return { nodes, edges: view.edges.map((each) => ({ from: idOf(each.source), to: idOf(each.target), label: each.way, walked: each.walked })) };
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
