export interface Interval {
  low: number;
  high: number;
}

export interface Metric {
  metric: string;
  role: string;
  variant: string;
  claim: string;
  is_share: boolean;
  effect?: { treated: number; control: number; value: number } | null;
  shown?: Interval | null;
  belief?: { chance_better: number } | null;
}

export interface Findings {
  sizes: Record<string, number>;
  split: { passed: boolean; p_value: number } | null;
  metrics: Metric[];
  rails: { metric: string; known: boolean; tripped: boolean; why: string }[];
  segments: { trait: string; value: string; effect?: { value: number; interval?: Interval | null } | null; adjusted_p_value?: number | null }[];
}

export interface Report {
  experiment: string;
  as_of?: string;
  verdict?: string;
  why?: string;
  findings?: Findings;
  report: string[] | string;
}

export interface Option {
  holdout: number;
  units: number;
  days: number;
  finds: number;
}

export interface Design {
  design?: { options: Option[]; chosen: Option; advice: string[] };
  not_computable?: { reason: string; detail: string };
}

/** A value of a metric: shares as percent, anything else as a number. */
export function value(of: number, isShare: boolean): string {
  return isShare ? `${(of * 100).toFixed(1)} %` : of.toFixed(2);
}

export function signed(of: number, isShare: boolean): string {
  const number = (isShare ? of * 100 : of).toFixed(isShare ? 1 : 2);
  return of > 0 ? `+${number}` : number.replace("-", "−");
}

/** An interval, or a dash where none can be told. */
export function span(of: Interval | null | undefined, isShare: boolean): string {
  return of == null ? "–" : `${signed(of.low, isShare)} … ${signed(of.high, isShare)}`;
}
