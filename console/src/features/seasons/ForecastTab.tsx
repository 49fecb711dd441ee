import { Alert, Group, Stack } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Chart } from "@/parts/Chart";
import { Empty } from "@/parts/Empty";
import { Figure } from "@/parts/Figure";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useMay } from "@/parts/session";
import { quoted, useSql } from "@/parts/sql";
import { day } from "@/parts/when";
import { seasonWords as words } from "@/words/seasons";

import { Choice } from "./Choice";

interface Expected {
  day: string;
  expected: number;
  low: number;
  high: number;
}

interface Forecast {
  coverage?: number;
  error_in_backtests?: number;
  form?: string;
  expected_total?: number;
  busiest?: Expected;
  forecast?: Expected[];
  peak_factor?: number;
  not_computable?: { why?: string; detail?: string };
}

interface Past {
  local_day: string;
  many: number;
}

/** A calm tint that is seen on light and on dark. */
const BAND = "#8ca8c4";

/** The day a year before, on the same weekday. */
function before(on: string): string {
  return new Date(Date.parse(`${on}T00:00:00Z`) - 364 * 86_400_000).toISOString().slice(0, 10);
}

function Drawn({ event, found, past }: { event: string; found: Forecast; past: Past[] }) {
  const option = useMemo(() => {
    const days = found.forecast ?? [];
    const seen = new Map(past.map((each) => [each.local_day.slice(0, 10), each.many]));
    const interval = words.interval(percent(found.coverage ?? 0, 0));
    const line = { type: "line", showSymbol: false };
    const band = { ...line, stack: "band", lineStyle: { opacity: 0 }, tooltip: { show: false } };
    return {
      tooltip: { trigger: "axis", valueFormatter: (value: number | null) => (value === null ? "–" : value.toFixed(0)) },
      legend: { top: 0, data: [words.expected, words.lastYear, { name: interval, icon: "roundRect" }] },
      grid: { left: 48, right: 16, top: 52, bottom: 28 },
      xAxis: { type: "category", data: days.map((each) => each.day) },
      yAxis: { type: "value" },
      series: [
        { ...line, name: words.expected, data: days.map((each) => each.expected) },
        { ...line, name: words.lastYear, data: days.map((each) => seen.get(before(each.day)) ?? null), lineStyle: { type: "dashed" } },
        { ...band, name: words.low, data: days.map((each) => each.low) },
        { ...band, name: interval, color: BAND, data: days.map((each) => each.high - each.low), areaStyle: { opacity: 0.3 } },
      ],
    };
  }, [found, past]);
  return <Chart option={option} label={words.forecastOf(event)} height={360} />;
}

/** What is expected of an event in a place, beside what was a year before. */
export function ForecastTab() {
  const { event, location } = useSearch({ from: "/seasons" });
  const query = { event: event ?? "", days: 90, ...(location ? { location } : {}) };
  const forecast = useAsk<Forecast>(["forecast", query], () => api.GET("/api/v1/seasons/forecast", { params: { query } }), { when: event !== undefined });
  const mayAsk = useMay("lake.query");
  const where = location === undefined ? "" : ` AND location = ${quoted(location)}`;
  const sql = `SELECT CAST(DATE '1970-01-01' + local_day AS VARCHAR) AS local_day, count(*) AS many FROM event_rows WHERE name = ${quoted(event ?? "")}${where} GROUP BY ALL`;
  const past = useSql<Past>(["forecast", "past"], sql, event !== undefined && mayAsk);
  return (
    <Stack>
      <Choice tab="forecast" />
      {event === undefined ? (
        <Empty title={words.choose} what={words.chooseDo} />
      ) : (
        <Panel>
          <Asked query={forecast}>
            {(found) =>
              found.not_computable !== undefined ? (
                <Alert color="ochre" title={words.notComputable}>{found.not_computable.detail ?? found.not_computable.why}</Alert>
              ) : (
                <>
                  <Group gap="xl">
                    <Figure value={whole(found.expected_total ?? 0)} of={words.total} />
                    {found.busiest !== undefined && <Figure value={day(found.busiest.day)} of={words.busiest} note={`${whole(found.busiest.low)} – ${whole(found.busiest.high)}`} />}
                    <Figure value={percent(found.error_in_backtests ?? 0)} of={words.error} />
                    <Figure value={(found.peak_factor ?? 0).toFixed(1)} of={words.factor} />
                  </Group>
                  <Drawn event={event} found={found} past={past.data ?? []} />
                </>
              )
            }
          </Asked>
        </Panel>
      )}
    </Stack>
  );
}
