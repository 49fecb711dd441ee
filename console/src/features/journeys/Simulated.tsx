import { Badge, List, Stack, Text } from "@mantine/core";
import { useMemo } from "react";

import { Chart } from "@/parts/Chart";
import { whole, worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { day } from "@/parts/when";
import { journeyWords } from "@/words/journeys";

import { type Line, lines, type Report, type Result, total } from "./simulated";

const words = journeyWords.simulate;
const COLORS: Record<string, string> = { ok: "green", bad: "red", unknown: "gray" };

function weeksOf(report: Report | null, journey: string) {
  return report?.journeys.find((each) => each.journey === journey)?.weeks ?? [];
}

function Weeks({ result, journey }: { result: Result; journey: string }) {
  const option = useMemo(() => {
    const today = weeksOf(result.report, journey);
    const changed = weeksOf(result.changed, journey);
    const weeks = [...new Set([...today, ...changed].map((each) => each.week))].sort();
    const sent = (of: typeof today) => weeks.map((week) => total(of.find((each) => each.week === week)?.sent ?? {}));
    const entered = weeks.map((week) => today.find((each) => each.week === week)?.entered ?? 0);
    return {
      tooltip: { trigger: "axis" },
      legend: { top: 0 },
      grid: { left: 48, right: 16, top: 34, bottom: 28 },
      xAxis: { type: "category", data: weeks.map(day) },
      yAxis: { type: "value", minInterval: 1 },
      series: [
        { name: words.sentByWeek, type: "bar", data: sent(today) },
        ...(result.changed === null ? [] : [{ name: words.sentChanged, type: "bar", data: sent(changed) }]),
        { name: words.enteredByWeek, type: "line", showSymbol: false, data: entered },
      ],
    };
  }, [result, journey]);
  return <Chart option={option} label={words.weeks(journey)} height={260} />;
}

/** What a simulation found for one journey: its numbers, week by week, and the marks that the whole met or not. */
export function Simulated({ result, journey }: { result: Result; journey: string }) {
  const { report } = result;
  const changed = { head: words.changed, number: true, cell: (each: Line) => (each.changed === null ? "–" : whole(each.changed)) };
  const change = { head: words.change, number: true, cell: (each: Line) => (each.changed === null || each.changed === each.today ? "–" : `${each.changed > each.today ? "+" : "−"}${whole(Math.abs(each.changed - each.today))}`) };
  return (
    <Stack gap="sm">
      <Text fw={600}>{words.done(whole(report.people), day(report.from), day(report.to))}</Text>
      {result.notes.length > 0 && (
        <List size="sm">
          {result.notes.map((each) => (
            <List.Item key={each}>{each}</List.Item>
          ))}
        </List>
      )}
      <Rows
        label={words.title}
        rows={lines(result, journey)}
        rowKey={(each) => each.what}
        least={320}
        columns={[
          { head: words.number, cell: (each) => worded(each.what) },
          { head: words.today, number: true, cell: (each) => whole(each.today) },
          ...(result.changed === null ? [] : [changed, change]),
        ]}
      />
      <Weeks result={result} journey={journey} />
      <Rows
        label={words.marks}
        rows={(result.changed ?? report).scorecard}
        rowKey={(each) => each.indicator}
        least={560}
        columns={[
          { head: words.mark, cell: (each) => worded(each.indicator) },
          { head: words.verdict, cell: (each) => <Badge variant="light" color={COLORS[each.verdict] ?? "gray"}>{words.verdicts[each.verdict] ?? each.verdict}</Badge> },
          { head: words.found, cell: (each) => each.found },
          { head: words.limit, cell: (each) => each.mark },
        ]}
      />
    </Stack>
  );
}
