import {
  IconArrowsSplit,
  IconMessageQuestion,
  IconBolt,
  IconCheckbox,
  IconClock,
  IconDoorEnter,
  IconFlag,
  IconFlask,
  IconGitBranch,
  IconMail,
  IconPencil,
  IconRoute,
  IconTicket,
  IconWebhook,
} from "@tabler/icons-react";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";

import { whole } from "@/parts/numbers";
import { journeyWords as words } from "@/words/journeys";

import classes from "./StepNode.module.css";

const ICONS: Record<string, typeof IconMail> = {
  entry: IconDoorEnter,
  send: IconMail,
  wait: IconClock,
  branch: IconGitBranch,
  split: IconArrowsSplit,
  experiment: IconFlask,
  survey: IconMessageQuestion,
  task: IconCheckbox,
  webhook: IconWebhook,
  set: IconPencil,
  emit: IconBolt,
  hold: IconTicket,
  release: IconTicket,
  journey: IconRoute,
};

export type StepData = { kind: string; text: string; count: number };

/** One step on the canvas: what it is, what it does, how many people stand at it. */
export function StepNode({ data, selected }: NodeProps<Node<StepData>>) {
  const Icon = ICONS[data.kind] ?? IconFlag;
  const name = data.kind === "entry" ? words.entry : data.kind === "end" ? words.end : (words.step.kinds[data.kind] ?? data.kind);
  return (
    <div className={classes.node} data-chosen={selected || undefined} data-kind={data.kind}>
      {data.kind !== "entry" && <Handle type="target" position={Position.Top} isConnectable={false} />}
      <div className={classes.head}>
        <Icon size={15} aria-hidden />
        <b>{name}</b>
        {data.count > 0 && (
          <span className={classes.count} title={words.here(data.count)}>
            {whole(data.count)}
          </span>
        )}
      </div>
      <div className={classes.text}>{data.text}</div>
      {data.kind !== "end" && data.kind !== "exit" && <Handle type="source" position={Position.Bottom} isConnectable={false} />}
    </div>
  );
}
