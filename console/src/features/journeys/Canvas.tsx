import "@xyflow/react/dist/style.css";

import dagre from "@dagrejs/dagre";
import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, type Edge, MarkerType, type Node, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";

import { journeyWords as words } from "@/words/journeys";

import type { Graph } from "./graph";
import { StepNode, type StepData } from "./StepNode";

const WIDTH = 210;
const HEIGHT = 74;
const TYPES = { step: StepNode };

/** Where the nodes stand: from top to bottom, as the walk goes. */
function laidOut(graph: Graph): Map<string, { x: number; y: number }> {
  const layout = new dagre.graphlib.Graph().setDefaultEdgeLabel(() => ({}));
  layout.setGraph({ rankdir: "TB", ranksep: 46, nodesep: 34 });
  graph.nodes.forEach((each) => layout.setNode(each.id, { width: WIDTH, height: HEIGHT }));
  graph.edges.forEach((each) => layout.setEdge(each.from, each.to));
  dagre.layout(layout);
  return new Map(graph.nodes.map(({ id }) => [id, { x: layout.node(id).x - WIDTH / 2, y: layout.node(id).y - HEIGHT / 2 }]));
}

interface Props {
  graph: Graph;
  counts?: ReadonlyMap<string, number>;
  chosen?: string | null;
  choose?: (id: string) => void;
}

/** A journey on a canvas, with how many people stand where. */
export function Canvas({ graph, counts, chosen = null, choose }: Props) {
  const scheme = useComputedColorScheme("light");
  const places = useMemo(() => laidOut(graph), [graph]);
  const nodes: Node<StepData>[] = graph.nodes.map((each) => ({
    id: each.id,
    type: "step",
    position: places.get(each.id) ?? { x: 0, y: 0 },
    width: WIDTH,
    height: HEIGHT,
    selected: each.id === chosen,
    data: { kind: each.kind, text: each.text, count: each.path === "" ? 0 : (counts?.get(each.path) ?? 0) },
    ariaLabel: `${words.step.kinds[each.kind] ?? each.kind}: ${each.text}`,
  }));
  const edges: Edge[] = graph.edges.map((each, number) => ({
    id: `${number}`,
    source: each.from,
    target: each.to,
    label: each.label === "then" ? words.editor.branchThen : each.label === "else" ? words.editor.branchElse : each.label,
    type: "smoothstep",
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  return (
    <div className="ff-canvas">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
        minZoom={0.2}
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
