import { scaleOf, type Unit } from "@/parts/units";
import { day } from "@/parts/when";
import { experimentWords } from "@/words/experiments";

import { bandOf } from "./course";
import { counted, type PlaceCourse, span } from "./model";

const words = experimentWords.gaps;

function unitOf(gap: PlaceCourse): Unit {
  return { is_share: false, is_money: gap.is_money };
}

/** What the last period says, beside what places without it did. */
export function lastGapOf(gap: PlaceCourse, currency: string): string {
  const last = gap.periods[gap.periods.length - 1];
  if (last === undefined) return "";
  const isBeyond = last.value < last.low || last.value > last.high;
  const [value, band] = [counted(last.value, unitOf(gap), currency), span(last, unitOf(gap), currency)];
  return `${words.last(day(last.on), value, band)} ${isBeyond ? words.beyond : words.within}`;
}

/** The gap and the band of the placebos around zero, with an upright line at the start. */
export function gapOption(gap: PlaceCourse, currency: string) {
  const scale = scaleOf(unitOf(gap), currency);
  const round = (of: number) => Number((of * scale).toPrecision(6));
  const start = gap.periods[gap.started]?.on;
  const line = { type: "line", showSymbol: gap.periods.length === 1 };
  const marks = [{ yAxis: 0 }, ...(start === undefined ? [] : [{ xAxis: start }])];
  return {
    tooltip: {
      trigger: "axis",
      formatter: (all: { dataIndex: number }[]) => {
        const found = gap.periods[all[0]?.dataIndex ?? 0];
        return found === undefined ? "" : `${day(found.on)}: ${round(found.value)} (${round(found.low)} … ${round(found.high)})`;
      },
    },
    legend: { top: 0, data: [words.gap, { name: words.band, icon: "roundRect" }] },
    grid: { left: 52, right: 16, top: 52, bottom: 28 },
    xAxis: { type: "category", data: gap.periods.map((each) => each.on), axisLabel: { hideOverlap: true } },
    yAxis: { type: "value" },
    series: [
      { ...line, name: words.gap, data: gap.periods.map((each) => round(each.value)), markLine: { symbol: "none", silent: true, label: { show: false }, data: marks } },
      ...bandOf(words.band, gap.periods.map((each) => [round(each.low), round(each.high - each.low)])),
    ],
  };
}
