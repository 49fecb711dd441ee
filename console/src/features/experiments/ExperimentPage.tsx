import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Figure } from "@/parts/Figure";
import { Instant } from "@/parts/Instant";
import { percent, whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { experimentWords as words } from "@/words/experiments";

import { DesignPanel } from "./DesignPanel";
import { Intervals } from "./Intervals";
import { type Findings, type Report, signed, span, value } from "./model";

function Metrics({ findings }: { findings: Findings }) {
  return (
    <Panel title={words.metrics}>
      <Intervals metrics={findings.metrics} />
      <Rows
        label={words.metrics}
        rows={findings.metrics}
        rowKey={(each) => each.metric + each.variant}
        least={820}
        columns={[
          { head: words.metric.metric, cell: (each) => <b>{worded(each.metric)}</b> },
          { head: words.metric.role, cell: (each) => worded(each.role) },
          { head: words.metric.treated, number: true, cell: (each) => (each.effect == null ? "–" : value(each.effect.treated, each.is_share)) },
          { head: words.metric.holdout, number: true, cell: (each) => (each.effect == null ? "–" : value(each.effect.control, each.is_share)) },
          { head: words.metric.difference, number: true, cell: (each) => (each.effect == null ? "–" : signed(each.effect.value, each.is_share)) },
          { head: words.metric.interval, number: true, cell: (each) => span(each.shown, each.is_share) },
          { head: words.metric.belief, number: true, cell: (each) => (each.belief == null ? "–" : percent(each.belief.chance_better)) },
          { head: words.metric.claim, cell: (each) => worded(each.claim) },
        ]}
      />
    </Panel>
  );
}

function Rails({ findings }: { findings: Findings }) {
  return (
    <Panel title={words.guardrails}>
      <Rows
        label={words.guardrails}
        rows={findings.rails}
        rowKey={(each) => each.metric}
        columns={[
          { head: words.rail.metric, cell: (each) => worded(each.metric) },
          {
            head: words.rail.state,
            cell: (each) => (
              <Badge variant="light" tt="none" color={each.tripped ? "red" : each.known ? "green" : "gray"}>
                {each.tripped ? words.tripped : each.known ? words.holds : words.unknown}
              </Badge>
            ),
          },
          { head: words.rail.why, cell: (each) => each.why },
        ]}
      />
    </Panel>
  );
}

function Segments({ findings }: { findings: Findings }) {
  if (findings.segments.length === 0) return null;
  return (
    <Panel title={words.segments}>
      <Rows
        label={words.segments}
        rows={findings.segments}
        rowKey={(each) => each.trait + each.value}
        columns={[
          { head: words.segment.trait, cell: (each) => worded(each.trait) },
          { head: words.segment.value, cell: (each) => each.value },
          { head: words.segment.difference, number: true, cell: (each) => (each.effect == null ? "–" : signed(each.effect.value, true)) },
          { head: words.segment.interval, number: true, cell: (each) => span(each.effect?.interval, true) },
          { head: words.segment.p, number: true, cell: (each) => each.adjusted_p_value?.toFixed(3) ?? "–" },
        ]}
      />
    </Panel>
  );
}

function Told({ report }: { report: Report }) {
  const { findings } = report;
  const lines = Array.isArray(report.report) ? report.report.join("\n") : report.report;
  return (
    <Stack>
      {findings === undefined ? (
        <Text size="sm">{words.noVerdict}</Text>
      ) : (
        <>
          <Panel title={words.verdict}>
            <Group gap="sm">
              <Badge size="lg" tt="none">{worded(report.verdict ?? "")}</Badge>
              <Text>{report.why}</Text>
            </Group>
            <Group gap="xl">
              {Object.entries(findings.sizes).map(([arm, count]) => (
                <Figure key={arm} value={whole(count)} of={worded(arm)} />
              ))}
              <Figure value={findings.split === null ? "–" : findings.split.passed ? words.splitOk : words.splitBad} of={words.split} note={findings.split === null ? undefined : `p = ${findings.split.p_value.toFixed(3)}`} />
            </Group>
          </Panel>
          <Metrics findings={findings} />
          <Rails findings={findings} />
          <Segments findings={findings} />
        </>
      )}
      <Panel title={words.report}>
        <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>{lines}</Code>
      </Panel>
    </Stack>
  );
}

/** One experiment: verdict, intervals, guardrails, segments, the report, what it can find. */
export function ExperimentPage() {
  const { experiment } = useParams({ from: "/experiments/$experiment" });
  const query = useAsk<Report>(["experiments", experiment], () => api.GET("/api/v1/experiments/{name}", { params: { path: { name: experiment } } }));
  return (
    <Screen
      title={experiment}
      above={<To to="/experiments">{words.title}</To>}
      what={query.data?.as_of === undefined ? undefined : <Instant at={query.data.as_of} />}
    >
      <Asked query={query} lines={8}>{(report) => <Told report={report} />}</Asked>
      <DesignPanel experiment={experiment} />
    </Screen>
  );
}
