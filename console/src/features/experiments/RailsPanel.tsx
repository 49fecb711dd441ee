import { Badge, Text } from "@mantine/core";

import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useCurrency } from "@/parts/session";
import { Told } from "@/parts/Told";
import { effect, value } from "@/parts/units";
import { experimentWords as words } from "@/words/experiments";

import { effectOf, type Findings, type Guardrail, type Metric, type Rail, railOf, span } from "./model";

function State({ rail }: { rail: Rail }) {
  return (
    <>
      <Badge variant="light" color={rail.tripped ? "red" : rail.known ? "slate" : "gray"}>
        {rail.tripped ? words.tripped : rail.known ? words.notShown : words.unknown}
      </Badge>
      {rail.tripped && rail.pauses && <Text size="xs">{words.rail.pauses}</Text>}
    </>
  );
}

const SHARE = { is_share: true, is_money: false };

/** A bound as it was registered: of the treated alone, beside the control, or as a part of the control's number. */
function boundOf(bound: Guardrail | undefined, metric: Metric, currency: string): string {
  if (bound === undefined) return "–";
  if (bound.at_most != null) return words.rail.atMost(value(bound.at_most, SHARE, currency));
  const by = bound.worse_by ?? 0;
  if (bound.margin === "of_control") return words.rail.worseByPart(value(by, SHARE, currency));
  return words.rail.worseBy(effect(by, metric, currency).replace("+", ""), metric.is_share);
}

/** What must not happen: how far each is from it by an interval that holds at any moment. */
export function RailsPanel({ findings }: { findings: Findings }) {
  const currency = useCurrency();
  const rows = findings.rails.map((rail) => ({ rail, ...railOf(findings, rail) }));
  if (rows.length === 0) return <Panel title={words.guardrails}><Text size="sm">{words.noRails}</Text></Panel>;
  return (
    <Panel title={words.guardrails} what={words.railsWhat}>
      <Rows
        label={words.guardrails}
        rows={rows}
        rowKey={({ rail }) => rail.metric + rail.variant}
        least={820}
        columns={[
          { head: words.rail.metric, cell: ({ rail, isMany }) => <b>{worded(rail.metric)}{isMany && `, ${rail.variant}`}</b> },
          { head: words.rail.state, cell: ({ rail }) => <State rail={rail} /> },
          { head: words.rail.bound, cell: ({ bound, metric }) => boundOf(bound, metric, currency) },
          { head: words.rail.difference, number: true, cell: ({ metric, bound }) => { const found = effectOf(metric); return found === null || bound?.at_most != null ? "–" : effect(found.value, metric, currency); } },
          { head: words.rail.interval, number: true, cell: ({ metric, bound }) => (bound?.at_most != null ? "–" : span(metric.always?.interval, metric, currency)) },
          { head: words.rail.why, cell: ({ rail, bound, metric }) => (effectOf(metric) === null || bound?.at_most != null || bound?.margin === "of_control" ? <Told text={rail.why} /> : rail.tripped ? words.rail.isWorse : words.rail.maybe) },
        ]}
      />
    </Panel>
  );
}
