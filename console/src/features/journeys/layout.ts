import dagre from "@dagrejs/dagre";

import type { Graph } from "./graph";

export const WIDTH = 220;
export const HEIGHT = 74;
const LETTER = 7;
const LABEL_HEIGHT = 18;

interface Point {
  x: number;
  y: number;
}

export interface Laid {
  places: Map<string, Point>;
  /** Of each edge, in the graph's order: its path, and where its label stands, which is room of its own. */
  edges: { path: string; label: Point }[];
  width: number;
  height: number;
}

/** What has a place, from top to bottom and from left to right: as it is read, and as the keyboard goes. */
export function inReadingOrder<T extends { position: Point }>(nodes: readonly T[]): T[] {
  return [...nodes].sort((one, other) => one.position.y - other.position.y || one.position.x - other.position.x);
}

/** A line through points, bent softly where they turn. */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) return "";
  const bends = rest.map((point, at) => {
    const next = rest[at + 1] ?? last;
    return `Q ${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return [`M ${first.x} ${first.y}`, ...bends, `L ${last.x} ${last.y}`].join(" ");
}

/** Where steps, ways and their labels stand: from top to bottom as the walk goes, and nothing on top of anything else. */
export function laidOut(graph: Graph, labels: readonly string[]): Laid {
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: "TB", ranksep: 22, nodesep: 30, edgesep: 16 });
  graph.nodes.forEach((each) => layout.setNode(each.id, { width: WIDTH, height: HEIGHT }));
  graph.edges.forEach((each, number) => {
    layout.setEdge(each.from, each.to, { width: (labels[number] ?? "").length * LETTER + 8, height: LABEL_HEIGHT, labelpos: "c" }, `${number}`);
  });
  dagre.layout(layout);
  const { width = 0, height = 0 } = layout.graph();
  const edges = graph.edges.map((each, number) => {
    const found = layout.edge(each.from, each.to, `${number}`) as { points: Point[] } & Point;
    const [from, to] = [layout.node(each.from), layout.node(each.to)];
    const between = found.points.slice(1, -1);
    const path = pathThrough([{ x: from.x, y: from.y + HEIGHT / 2 }, ...between, { x: to.x, y: to.y - HEIGHT / 2 }]);
    return { path, label: { x: found.x, y: found.y } };
  });
  const places = new Map(graph.nodes.map(({ id }) => [id, { x: layout.node(id).x - WIDTH / 2, y: layout.node(id).y - HEIGHT / 2 }]));
  return { places, edges, width, height };
}
