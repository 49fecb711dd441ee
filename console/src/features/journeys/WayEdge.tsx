import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";

import classes from "./WayEdge.module.css";

export type WayData = { path: string; label: { x: number; y: number }; text: string };

/** A way from step to step, as it was laid out, with its name and how many went it. */
export function WayEdge({ data, markerEnd }: EdgeProps<Edge<WayData>>) {
  if (data === undefined) return null;
  return (
    <>
      <BaseEdge path={data.path} {...(markerEnd === undefined ? {} : { markerEnd })} />
      {data.text !== "" && (
        <EdgeLabelRenderer>
          <div className={classes.label} style={{ transform: `translate(-50%, -50%) translate(${data.label.x}px, ${data.label.y}px)` }}>{data.text}</div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
