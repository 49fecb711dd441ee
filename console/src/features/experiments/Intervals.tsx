import { useMemo } from "react";

import { Chart } from "@/parts/Chart";
import { worded } from "@/parts/numbers";
import { experimentWords as words } from "@/words/experiments";

import { effectOf, type Metric } from "./model";

/** The differences of shares with their intervals, around zero. */
export function Intervals({ metrics }: { metrics: Metric[] }) {
  const shown = useMemo(() => metrics.filter((each) => each.is_share && effectOf(each) !== null && each.shown != null), [metrics]);
  const option = useMemo(() => {
    const low = shown.map((each) => (each.shown?.low ?? 0) * 100);
    const high = shown.map((each) => (each.shown?.high ?? 0) * 100);
    return {
      grid: { left: 110, right: 24, top: 10, bottom: 28 },
      xAxis: { type: "value", axisLabel: { formatter: "{value}" } },
      yAxis: { type: "category", data: shown.map((each) => worded(each.metric)), inverse: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, formatter: (all: { dataIndex: number }[]) => {
        const at = all[0]?.dataIndex ?? 0;
        return `${worded(shown[at]?.metric ?? "")}: ${(low[at] ?? 0).toFixed(1)} … ${(high[at] ?? 0).toFixed(1)}`;
      } },
      series: [
        {
          type: "custom",
          renderItem: (_params: unknown, each: { value: (index: number) => number; coord: (at: [number, number]) => [number, number]; style: (more: object) => object; visual: (name: string) => string }) => {
            const row = each.value(0);
            const [from, y] = each.coord([each.value(1), row]);
            const [to] = each.coord([each.value(2), row]);
            const [at] = each.coord([each.value(3), row]);
            const colour = each.visual("color");
            return {
              type: "group",
              children: [
                { type: "line", shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: colour, lineWidth: 3 } },
                { type: "circle", shape: { cx: at, cy: y, r: 6 }, style: { fill: colour } },
              ],
            };
          },
          encode: { x: [1, 2, 3], y: 0 },
          data: shown.map((each, row) => [row, low[row], high[row], (effectOf(each)?.value ?? 0) * 100]),
          markLine: { symbol: "none", label: { show: false }, data: [{ xAxis: 0 }] },
        },
      ],
    };
  }, [shown]);
  if (shown.length === 0) return null;
  return <Chart option={option} label={words.intervals} height={60 + shown.length * 44} />;
}
