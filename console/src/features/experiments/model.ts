import { effect, type Unit } from "@/parts/units";
import { experimentWords } from "@/words/experiments";

export interface Interval {
  low: number;
  high: number;
}

/** The interval that the plan lets one read now, and by which method. */
interface Shown extends Interval {
  method: string;
}

export interface Effect {
  treated: number;
  control: number;
  value: number;
  interval?: Interval | null;
}

/** Why there is no effect to tell. */
export interface NotComputable {
  reason: string;
  detail: string;
}

export interface Metric extends Unit {
  metric: string;
  role: string;
  variant: string;
  claim: string;
  effect?: Effect | NotComputable | null;
  shown?: Shown | null;
  /** What may be read at any moment. */
  always?: { interval: Interval } | null;
  belief?: { chance_better: number } | null;
  /** Where it stands when its window is longer than the primary metric's. */
  look?: Look | null;
}

/** Where an experiment stands in its plan. */
export interface Look {
  progress: number | null;
  rule: string;
  may_say: boolean;
  next_at: number | null;
  /** People of the look that stands, those who came first. */
  units: number | null;
}

export interface Rail {
  metric: string;
  variant: string;
  known: boolean;
  tripped: boolean;
  pauses: boolean;
  why: string;
}

export interface Guardrail {
  metric: string;
  at_most?: number | null;
  worse_by?: number | null;
  /** In what `worse_by` is: the metric's own unit, points of a share, a part of the control's number. */
  margin?: "unit" | "points" | "of_control";
}

export type NoCourse = "matched" | "unread";

export interface Findings {
  registration: { level: number; guardrails: Guardrail[] };
  sizes: Record<string, number>;
  /** Without `passed` it could not be checked. */
  split: { passed?: boolean; p_value?: number } | null;
  look: Look;
  metrics: Metric[];
  /** Why the days of the primary metric are not told. */
  no_course: NoCourse | null;
  rails: Rail[];
  segments: { trait: string; value: string; variant: string; effect?: Effect | NotComputable | null; adjusted_p_value?: number | null }[];
}

/** A variant's difference after each day. */
export interface Course {
  variant: string;
  /** The share of times that all days of its band hold together; higher where several variants share the registered one. */
  level: number;
  days: { on: string; units: Record<string, number>; value: number; low: number; high: number }[];
}

/** A place less its synthetic control, period after period, with the band of the places without it. */
export interface PlaceCourse {
  place: string;
  is_money: boolean;
  /** Before this period it had not begun. */
  started: number;
  periods: { on: string; value: number; low: number; high: number }[];
}

export interface Report {
  experiment: string;
  as_of?: string;
  verdict?: string;
  why?: string;
  findings?: Findings | object;
  course?: (Course | PlaceCourse)[];
  report: string[] | string;
}

export interface Option {
  holdout: number;
  units: number;
  days: number | null;
  finds: number | null;
}

/** What it can find, in the unit of its primary metric. */
export interface Design extends Unit {
  design?: { options: Option[]; chosen: Option; advice: string[] };
  not_computable?: { reason: string; detail: string };
}

/** The effect where there is one. */
export function effectOf(of: { effect?: Effect | NotComputable | null }): Effect | null {
  return of.effect != null && "value" in of.effect ? of.effect : null;
}

/** The short reason why there is none, and the whole one. */
export function reasonOf(of: { effect?: Effect | NotComputable | null }): string {
  return of.effect != null && "reason" in of.effect ? of.effect.reason : "";
}

export function whyNot(of: { effect?: Effect | NotComputable | null }): string {
  return of.effect != null && "detail" in of.effect ? of.effect.detail : "";
}

/** An interval, or a dash where none can be told. */
export function span(of: Interval | null | undefined, unit: Unit, currency: string): string {
  return of == null ? "–" : `${effect(of.low, unit, currency)} … ${effect(of.high, unit, currency)}`;
}

/** A difference by itself, with what it is counted in: points of a share, the currency of money. */
export function counted(of: number, unit: Unit, currency: string): string {
  const told = effect(of, unit, currency);
  if (unit.is_share) return experimentWords.points(told);
  return unit.is_money ? `${told} ${currency}` : told;
}

/** The unit of the primary metric, of which segments tell; a plain number where nothing is known of it. */
export function primaryOf(findings: Findings): Unit {
  return findings.metrics.find((each) => each.role === "primary") ?? { is_share: false, is_money: false };
}

/** What was found of a randomised experiment; nothing where places were compared without lots. */
export function trialOf(report: Report): Findings | undefined {
  return report.findings !== undefined && "metrics" in report.findings ? report.findings : undefined;
}

/** The difference of each variant over time. */
export function coursesOf(report: Report): Course[] {
  return (report.course ?? []).filter((each): each is Course => "days" in each);
}

/** The gap of each place over time, where nobody drew lots. */
export function gapsOf(report: Report): PlaceCourse[] {
  return (report.course ?? []).filter((each): each is PlaceCourse => "periods" in each);
}

export function isBroken(findings: Findings): boolean {
  return findings.split?.passed === false;
}

const NOTHING: Metric = { metric: "", role: "", variant: "", claim: "", is_share: false, is_money: false };

/** The bound of a guardrail as it was registered, and the metric that it watches. */
export function railOf(findings: Findings, rail: Rail): { bound: Guardrail | undefined; metric: Metric; isMany: boolean } {
  const bound = findings.registration.guardrails.find((each) => each.metric === rail.metric);
  const metric = findings.metrics.find((each) => each.metric === rail.metric && each.variant === rail.variant) ?? NOTHING;
  return { bound, metric, isMany: findings.rails.some((each) => each.variant !== rail.variant) };
}
