export interface Stretch {
  season: string;
  phase: string;
  from: string;
  to: string;
}

export interface Bar extends Stretch {
  /** Where it begins and how long it is, as shares of the year. */
  left: number;
  width: number;
}

const DAY_MS = 86_400_000;

function dayOf(on: string): number {
  return Date.parse(`${on.slice(0, 10)}T00:00:00Z`) / DAY_MS;
}

/** How far into the year a day lies, as a share; days of other years lie below 0 or from 1 on. */
export function shareOf(on: string, year: number): number {
  const first = dayOf(`${year}-01-01`);
  return (dayOf(on) - first) / (dayOf(`${year + 1}-01-01`) - first);
}

/** The stretches of a season as bars of one year; what lies outside of the year is cut off. */
export function barsOf(stretches: readonly Stretch[], season: string, year: number): Bar[] {
  const first = dayOf(`${year}-01-01`);
  const days = dayOf(`${year + 1}-01-01`) - first;
  return stretches
    .filter((each) => each.season === season)
    .map((each) => {
      const from = Math.max(dayOf(each.from) - first, 0);
      const to = Math.min(dayOf(each.to) - first + 1, days);
      return { ...each, left: from / days, width: (to - from) / days };
    })
    .filter((each) => each.width > 0);
}

export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2200;

/** Whether it is a year that has a calendar. */
export function isYear(told: unknown): told is number | string {
  const year = Number(told);
  return Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR;
}
