import { NumberInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Panel } from "@/parts/Panel";
import { experimentWords as words } from "@/words/experiments";

import { DesignTable } from "./DesignTable";
import type { Design } from "./model";

/** What the experiment can find, and what another holdout would change. */
export function DesignPanel({ experiment }: { experiment: string }) {
  const [share, setShare] = useState<number | null>(null);
  const [rested] = useDebouncedValue(share, 600);
  const query = rested === null ? {} : { holdout: rested / 100 };
  const call = () => api.GET("/api/v1/experiments/{name}/design", { params: { path: { name: experiment }, query } });
  const design = useAsk<Design>(["experiments", experiment, "design", rested], call, { keep: true });
  return (
    <Panel title={words.design} what={words.designWhat}>
      <NumberInput label={words.designHoldout} value={share ?? ""} min={1} max={90} maw={180} onChange={(next) => setShare(typeof next === "number" ? next : null)} />
      <Asked query={design}>{(found) => <DesignTable design={found} />}</Asked>
    </Panel>
  );
}
