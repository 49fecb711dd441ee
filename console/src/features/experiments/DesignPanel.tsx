import { Alert, List, NumberInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { experimentWords as words } from "@/words/experiments";

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
      <Asked query={design}>
        {({ design: found, not_computable: why }) =>
          found === undefined ? (
            <Alert color="ochre" title={words.notComputable}>{why?.detail}</Alert>
          ) : (
            <>
              <Rows
                label={words.design}
                rows={found.options}
                rowKey={(each) => each.holdout}
                columns={[
                  { head: words.option.holdout, cell: (each) => (each.holdout === found.chosen.holdout ? <b>{percent(each.holdout, 0)}</b> : percent(each.holdout, 0)) },
                  { head: words.option.units, number: true, cell: (each) => whole(each.units) },
                  { head: words.option.days, number: true, cell: (each) => whole(each.days) },
                  { head: words.option.finds, number: true, cell: (each) => words.points((each.finds * 100).toFixed(1)) },
                ]}
              />
              <List size="sm">
                {found.advice.map((each) => (
                  <List.Item key={each}>{each}</List.Item>
                ))}
              </List>
            </>
          )
        }
      </Asked>
    </Panel>
  );
}
