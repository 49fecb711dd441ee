import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";

export interface Row {
  audience: string;
  size: number;
  meaning: string;
  owner: string;
  refresh: string;
  is_exact: boolean;
  used_by: string[];
  cuts: string[];
  flags: string[];
}

export interface Audience extends Row {
  description: string;
  next_refresh_at: string | null;
  charter: Record<string, unknown>;
  versions: { version: number; meaning: string; at: string }[];
  findings: { metric: string; ok: boolean; detail?: string; [key: string]: unknown }[];
  as_of: string;
}

const ONE = "/api/v1/audiences/{audience}";

export function useAudiences() {
  return useAsk<Row[]>(["audiences"], () => api.GET("/api/v1/audiences"));
}

export function useAudience(audience: string) {
  return useAsk<Audience>(["audiences", audience], () => api.GET(ONE, { params: { path: { audience } } }));
}

export function useExplained(audience: string) {
  return useAsk<{ lines: string[] }>(["audiences", audience, "explain"], () => api.GET(`${ONE}/explain`, { params: { path: { audience } } }));
}

export interface Members {
  size: number;
  members: { profile_id: number; joined_at: string }[];
  next: number | null;
}

export function useMembers(audience: string, after: number) {
  const call = () => api.GET(`${ONE}/members`, { params: { path: { audience }, query: { after, limit: 50 } } });
  return useAsk<Members>(["audiences", audience, "members", after], call, { keep: true });
}

export interface Day {
  day: string;
  joined: number;
  left: number;
  size: number;
}

export function useGrowth(audience: string) {
  const call = () => api.GET(`${ONE}/growth`, { params: { path: { audience }, query: { days: 90 } } });
  return useAsk<{ days: Day[] }>(["audiences", audience, "growth"], call);
}

/** Of very many people one in so many is looked at: what is told then are estimates. */
export interface Estimate {
  is_estimate: boolean;
  looked_at_one_in: number;
}

export interface Breakdown extends Estimate {
  size: number;
  values: { value: unknown; members: number; share: number; share_of_value: number }[];
  others: number;
}

export function useBreakdown(audience: string, by: string) {
  const call = () => api.GET(`${ONE}/breakdown`, { params: { path: { audience }, query: { by, limit: 50 } } });
  return useAsk<Breakdown>(["audiences", audience, "breakdown", by], call);
}

export interface Overlap extends Estimate {
  audiences: { audience: string; size: number }[];
  both: number[][];
}

export function useOverlap(when = true) {
  return useAsk<Overlap>(["audiences", "overlap"], () => api.GET("/api/v1/memberships/overlap"), { when });
}
