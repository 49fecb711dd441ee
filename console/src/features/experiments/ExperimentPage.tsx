import { Badge, Button, Code, Group, Stack, Text } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";

import { api } from "@/api/client";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Figure } from "@/parts/Figure";
import { Instant } from "@/parts/Instant";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { Told as Words } from "@/parts/Told";
import { experimentWords as words } from "@/words/experiments";

import { reached } from "./course";
import { CoursePanel } from "./CoursePanel";
import { DesignPanel } from "./DesignPanel";
import { MetricsPanel, SegmentsPanel } from "./MetricsPanel";
import { GapsPanel } from "./GapsPanel";
import { coursesOf, type Findings, gapsOf, isBroken, type Report, trialOf } from "./model";
import { RailsPanel } from "./RailsPanel";

function splitOf({ split }: Findings): string {
  if (split?.passed === undefined) return words.splitUnknown;
  return split.passed ? words.splitOk : words.splitBad;
}

/** What is known now; of places without lots, and of a bare holdout, only the report. */
function Told({ report }: { report: Report }) {
  const findings = trialOf(report);
  const lines = Array.isArray(report.report) ? report.report.join("\n") : report.report;
  return (
    <Stack>
      {findings === undefined ? (
        <>
          <Text size="sm">{report.verdict === undefined ? words.noVerdict : `${worded(report.verdict)}: ${report.why ?? ""}`}</Text>
          <GapsPanel gaps={gapsOf(report)} />
        </>
      ) : (
        <>
          <Panel title={words.verdict}>
            <Group gap="sm">
              <Badge size="lg">{worded(report.verdict ?? "")}</Badge>
              <Text><Words text={report.why ?? ""} /></Text>
            </Group>
            <Group gap="xl">
              {Object.entries(findings.sizes).map(([arm, count]) => (
                <Figure key={arm} value={whole(count)} of={worded(arm)} />
              ))}
              {findings.look.progress !== null && <Figure value={reached(findings.look)} of={words.course.reached} />}
              <Figure value={splitOf(findings)} of={words.split} note={findings.split?.p_value === undefined ? undefined : `p = ${findings.split.p_value.toFixed(3)}`} />
            </Group>
          </Panel>
          {!isBroken(findings) && <CoursePanel courses={coursesOf(report)} findings={findings} />}
          <RailsPanel findings={findings} />
          <MetricsPanel findings={findings} />
          <SegmentsPanel findings={findings} />
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
  const isRegistered = query.data?.findings !== undefined;
  const isTrial = query.data !== undefined && trialOf(query.data) !== undefined;
  const label = isRegistered ? words.edit : words.register;
  return (
    <Screen
      title={experiment}
      above={<To to="/experiments">{words.title}</To>}
      what={query.data?.as_of === undefined ? undefined : <Instant at={query.data.as_of} />}
      actions={
        <Allowed needs="workspace.draft" label={label} size="sm">
          <Button component={Link} to={`/experiments/${experiment}/edit`} size="sm">{label}</Button>
        </Allowed>
      }
    >
      <Asked query={query} lines={8}>{(report) => <Told report={report} />}</Asked>
      {isTrial && <DesignPanel experiment={experiment} />}
    </Screen>
  );
}
