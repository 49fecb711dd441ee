import { Alert, List } from "@mantine/core";

import { percent, whole } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { useCurrency } from "@/parts/session";
import { experimentWords as words } from "@/words/experiments";

import { counted, type Design } from "./model";

/** What an experiment can find by share of the holdout, and what is advised. */
export function DesignTable({ design: { design, not_computable: why, ...unit } }: { design: Design }) {
  const currency = useCurrency();
  if (design === undefined) return <Alert color="ochre" title={words.notComputable}>{why?.detail}</Alert>;
  return (
    <>
      <Rows
        label={words.design}
        rows={design.options}
        rowKey={(each) => each.holdout}
        least={380}
        columns={[
          { head: words.option.holdout, cell: (each) => (each.holdout === design.chosen.holdout ? <b>{percent(each.holdout, 0)}</b> : percent(each.holdout, 0)) },
          { head: words.option.units, number: true, cell: (each) => whole(each.units) },
          { head: words.option.days, number: true, cell: (each) => (each.days === null ? "–" : whole(each.days)) },
          { head: words.option.finds, number: true, cell: (each) => (each.finds === null ? "–" : counted(each.finds, unit, currency)) },
        ]}
      />
      <List size="sm">
        {design.advice.map((each) => (
          <List.Item key={each}>{each}</List.Item>
        ))}
      </List>
    </>
  );
}
