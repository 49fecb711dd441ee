import { percent, whole } from "@/parts/numbers";
import { scaleOf, type Unit } from "@/parts/units";
import { day } from "@/parts/when";
import { experimentWords } from "@/words/experiments";

import { counted, type Course, type Findings, type Look, span } from "./model";

const words = experimentWords.course;

/** What the last day of a course says, in words that go no further than its interval does. */
export function lastOf(course: Course, unit: Unit, currency: string): string {
  const last = course.days[course.days.length - 1];
  if (last === undefined) return words.noDay;
  const said = last.low > 0 ? words.above : last.high < 0 ? words.below : words.around;
  const people = whole(Object.values(last.units).reduce((sum, each) => sum + each, 0));
  return `${words.last(day(last.on), people, counted(last.value, unit, currency), span(last, unit, currency))} ${said}`;
}

/** What the registered plan lets the band decide. */
export function ruleOf(look: Look): string {
  const next = look.next_at === null ? "" : words.next(whole(look.next_at));
  if (look.rule === "always") return words.byBand;
  const stands = look.units === null ? "" : words.stands(whole(look.units));
  const rule = look.rule !== "fixed" ? words.planned : look.may_say ? words.fixedOver : words.fixed;
  return [rule, stands, next].filter((each) => each !== "").join(" ");
}

/** What the band is, at which level, and what it decides; nothing where none is drawn. */
export function whatOf(courses: Course[], { look, registration }: Pick<Findings, "look" | "registration">): string | undefined {
  const level = courses[0]?.level;
  if (level === undefined) return undefined;
  const shared = courses.length > 1 ? words.shared(whole(courses.length), leveled(registration.level)) : "";
  return [words.what(leveled(level)), shared, ruleOf(look)].filter((each) => each !== "").join(" ");
}

/** A level without digits that say nothing: 95 %, 97.5 %. */
function leveled(level: number): string {
  return `${Number((level * 100).toFixed(2))} %`;
}

/** How far the planned number of people is reached. */
export function reached(look: Look): string {
  return look.progress === null ? words.noPlan : percent(look.progress, 0);
}

/** A calm tint that is seen on light and on dark. */
const BAND = "#8ca8c4";

/** Two stacked lines of which the upper one is filled: the low end, and how much higher the high end is. */
export function bandOf(named: string, ends: [number, number][]) {
  const band = { type: "line", showSymbol: false, stack: "band", stackStrategy: "all", lineStyle: { opacity: 0 }, silent: true };
  return [
    { ...band, name: "low", data: ends.map(([low]) => low) },
    { ...band, name: named, color: BAND, data: ends.map(([, wide]) => wide), areaStyle: { opacity: 0.3 } },
  ];
}

/** A band between two lines and the difference itself, around zero. */
export function courseOption(course: Course, unit: Unit, currency: string) {
  const scale = scaleOf(unit, currency);
  const difference = unit.is_share ? words.points : unit.is_money ? words.money(currency) : words.difference;
  const named = words.band(leveled(course.level));
  const round = (of: number) => Number((of * scale).toPrecision(6));
  const line = { type: "line", showSymbol: course.days.length === 1 };
  const at = (all: { dataIndex: number }[]) => course.days[all[0]?.dataIndex ?? 0];
  return {
    tooltip: {
      trigger: "axis",
      formatter: (all: { dataIndex: number }[]) => {
        const found = at(all);
        if (found === undefined) return "";
        const people = Object.entries(found.units).map(([arm, many]) => `${arm} ${whole(many)}`);
        return `${day(found.on)}: ${round(found.value)} (${round(found.low)} … ${round(found.high)}), ${people.join(", ")}`;
      },
    },
    legend: { top: 0, data: [difference, { name: named, icon: "roundRect" }] },
    grid: { left: 52, right: 16, top: 52, bottom: 28 },
    xAxis: { type: "category", data: course.days.map((each) => each.on), axisLabel: { hideOverlap: true } },
    yAxis: { type: "value" },
    series: [
      { ...line, name: difference, data: course.days.map((each) => round(each.value)), markLine: { symbol: "none", silent: true, label: { show: false }, data: [{ yAxis: 0 }] } },
      ...bandOf(named, course.days.map((each) => [round(each.low), round(each.high - each.low)])),
    ],
  };
}
