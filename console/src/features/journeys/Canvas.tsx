import "@xyflow/react/dist/style.css";

import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, type Edge, MarkerType, type Node, ReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { useMemo, useRef } from "react";

import { whole } from "@/parts/numbers";
import { journeyWords as words } from "@/words/journeys";

import type { Graph, GraphEdge } from "./graph";
import { HEIGHT, inReadingOrder, laidOut, WIDTH } from "./layout";
import { StepNode, type StepData } from "./StepNode";
import { WayEdge, type WayData } from "./WayEdge";

const MARGIN = 20;
/** Smaller than this, words cannot be read; what does not fit then is moved with the mouse or the finger. */
const LEAST_ZOOM = 0.8;
/** On a phone a little smaller, so that two ways side by side are seen. */
const LEAST_ON_PHONE = 0.62;
const PHONE = 600;
const LEAST_HEIGHT = 300;
const MOST_HEIGHT = 760;
const NODES = { step: StepNode };
const WAYS = { way: WayEdge };
/** Steps are neither moved nor removed on the canvas, which React Flow's own words offer. */
const HOW = { "node.a11yDescription.default": words.howTo, "node.a11yDescription.keyboardDisabled": words.howTo };

function labelOf(edge: GraphEdge): string {
  const way = words.ways[edge.label] ?? edge.label;
  return [way, edge.walked ? whole(edge.walked) : ""].filter(Boolean).join(" · ");
}

interface Props {
  graph: Graph;
  counts?: ReadonlyMap<string, number>;
  chosen?: string | null;
  choose?: (id: string) => void;
}

/** A journey on a canvas, with how many people stand where and went which way. It begins at the entry, large enough to read. */
export function Canvas({ graph, counts, chosen = null, choose }: Props) {
  const scheme = useComputedColorScheme("light");
  const frame = useRef<HTMLDivElement>(null);
  const laid = useMemo(() => laidOut(graph, graph.edges.map(labelOf)), [graph]);
  const nodes: Node<StepData>[] = graph.nodes.map((each) => ({
    id: each.id,
    type: "step",
    position: laid.places.get(each.id) ?? { x: 0, y: 0 },
    width: WIDTH,
    height: HEIGHT,
    selected: each.id === chosen,
    data: { kind: each.kind, text: each.text, count: each.path === "" ? 0 : (counts?.get(each.path) ?? 0) },
    ariaLabel: `${words.step.kinds[each.kind] ?? each.kind}: ${each.text}`,
  }));
  const edges: Edge<WayData>[] = graph.edges.map((each, number) => ({
    id: `${number}`,
    source: each.from,
    target: each.to,
    type: "way",
    data: { path: laid.edges[number]?.path ?? "", label: laid.edges[number]?.label ?? { x: 0, y: 0 }, text: labelOf(each) },
    markerEnd: { type: MarkerType.ArrowClosed },
    ...(each.walked ? { ariaLabel: words.walkedHere(each.walked) } : {}),
  }));
  function begin(flow: ReactFlowInstance<Node<StepData>, Edge<WayData>>) {
    const room = frame.current?.clientWidth ?? laid.width;
    const zoom = Math.max(room < PHONE ? LEAST_ON_PHONE : LEAST_ZOOM, Math.min(1, room / (laid.width + 2 * MARGIN), MOST_HEIGHT / (laid.height + 2 * MARGIN)));
    const entry = laid.places.get(graph.nodes[0]?.id ?? "")?.x ?? 0;
    const fits = (laid.width + 2 * MARGIN) * zoom <= room;
    void flow.setViewport({ x: fits ? (room - laid.width * zoom) / 2 : room / 2 - (entry + WIDTH / 2) * zoom, y: MARGIN, zoom });
  }
  const height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, laid.height + 2 * MARGIN));
  return (
    <div className="ff-canvas" ref={frame} style={{ height }}>
      <ReactFlow
        nodes={inReadingOrder(nodes)}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={WAYS}
        colorMode={scheme}
        onInit={begin}
        ariaLabelConfig={HOW}
        minZoom={0.2}
        maxZoom={1.5}
        zoomOnScroll={false}
        preventScrolling={false}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onNodeClick={(_event, node) => choose?.(node.id)}
        onNodesChange={(changes) => {
          const picked = changes.find((each) => each.type === "select" && each.selected);
          if (picked !== undefined && "id" in picked) choose?.(picked.id);
        }}
        proOptions={{ hideAttribution: false }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
