import { Alert, Text } from "@mantine/core";

import { percent, whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useCurrency } from "@/parts/session";
import { effect, value } from "@/parts/units";
import { experimentWords as words } from "@/words/experiments";

import { Intervals } from "./Intervals";
import { type Effect, effectOf, type Findings, type Look, type Metric, primaryOf, reasonOf, span, whyNot } from "./model";

const EARLY = "too_early";

/** Where a metric stands whose window is longer than the primary one's. */
function apartOf({ units }: Look): string {
  return units === null ? words.apart.later : words.apart.stands(whole(units));
}

/** Each metric by arm, with the interval that the plan lets one read now. Before the planned look no difference is told. */
export function MetricsPanel({ findings }: { findings: Findings }) {
  const currency = useCurrency();
  if (findings.split !== null && findings.split.passed === false) {
    return <Panel title={words.metrics}><Alert color="red">{words.splitStop}</Alert></Panel>;
  }
  const told = (each: Metric, how: (found: Effect) => string) => {
    const found = effectOf(each);
    return found === null ? <span title={whyNot(each)}>–</span> : how(found);
  };
  const isMany = new Set(findings.metrics.map((each) => each.variant)).size > 1;
  return (
    <Panel title={words.metrics}>
      <Intervals metrics={findings.metrics} />
      <Rows
        label={words.metrics}
        rows={findings.metrics}
        rowKey={(each) => each.metric + each.variant}
        least={860}
        columns={[
          { head: words.metric.metric, cell: (each) => <b>{worded(each.metric)}{isMany && `, ${each.variant}`}</b> },
          { head: words.metric.role, cell: (each) => worded(each.role) },
          { head: words.metric.treated, number: true, cell: (each) => told(each, ({ treated }) => value(treated, each, currency)) },
          { head: words.metric.holdout, number: true, cell: (each) => told(each, ({ control }) => value(control, each, currency)) },
          { head: words.metric.difference, number: true, cell: (each) => (each.claim === EARLY ? words.early : told(each, (found) => effect(found.value, each, currency))) },
          { head: words.metric.interval, number: true, cell: (each) => (each.shown == null ? "–" : <>{span(each.shown, each, currency)}<Text size="xs" className="ff-quiet">{each.shown.method}</Text></>) },
          { head: words.metric.belief, number: true, cell: (each) => (each.belief == null || each.claim === EARLY ? "–" : percent(each.belief.chance_better)) },
          { head: words.metric.claim, cell: (each) => <>{words.claims[each.claim] ?? worded(each.claim)}{each.look != null && <Text size="xs" className="ff-quiet">{apartOf(each.look)}</Text>}</> },
        ]}
      />
    </Panel>
  );
}

/** The primary metric by what people are like: ideas for the next experiment. */
export function SegmentsPanel({ findings }: { findings: Findings }) {
  const currency = useCurrency();
  const unit = primaryOf(findings);
  if (findings.segments.length === 0) return null;
  return (
    <Panel title={words.segments} what={words.segmentsWhat}>
      <Rows
        label={words.segments}
        rows={findings.segments}
        rowKey={(each) => each.trait + each.value + each.variant}
        columns={[
          { head: words.segment.trait, cell: (each) => worded(each.trait) },
          { head: words.segment.value, cell: (each) => each.value },
          { head: words.segment.difference, number: true, cell: (each) => { const found = effectOf(each); return found === null ? "–" : effect(found.value, unit, currency); } },
          { head: words.segment.interval, number: true, cell: (each) => (effectOf(each) === null ? <span title={whyNot(each)}>{worded(reasonOf(each))}</span> : span(effectOf(each)?.interval, unit, currency)) },
          { head: words.segment.p, number: true, cell: (each) => each.adjusted_p_value?.toFixed(3) ?? "–" },
        ]}
      />
    </Panel>
  );
}
