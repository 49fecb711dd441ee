import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";

export interface Row {
  journey: string;
  description: string;
  owner: string;
  version: string;
  enters_by: string;
  walking: number;
  entered: number;
  refused: number;
  ended: number;
}

interface Reason {
  reason: string;
  count: number;
  means: string;
}

export interface Journey {
  journey: string;
  description: string;
  owner: string;
  kpi: string;
  version: string;
  versions: { version: string; first_entered_at: string }[];
  enters_by: string;
  standing: { version: string; step: string; status: string; count: number; does: string }[];
  entered: number;
  refused: Reason[];
  ended: Reason[];
}

export function useJourneys() {
  return useAsk<Row[]>(["journeys"], () => api.GET("/api/v1/journeys"), { every: 30_000 });
}

export function useJourney(name: string) {
  return useAsk<Journey>(["journeys", name], () => api.GET("/api/v1/journeys/{name}", { params: { path: { name } } }), { every: 15_000 });
}

export type GraphView = components["schemas"]["GraphView"];

/** The graph of the version in force, or of an older one that somebody still walks. */
export function useGraph(name: string, version: string | undefined) {
  const query = version === undefined ? {} : { version };
  const call = () => api.GET("/api/v1/journeys/{name}/graph", { params: { path: { name }, query } });
  return useAsk<GraphView>(["journeys", name, "graph", version ?? ""], call, { every: 15_000, keep: true });
}

export interface Pause {
  scope: string;
  name: string;
  actor: string;
  reason: string;
}

export function usePauses() {
  return useAsk<Pause[]>(["pauses"], () => api.GET("/api/v1/pauses"));
}

export function useModes() {
  return useAsk<{ automation: string; mode: string; actor: string; reason: string }[]>(["modes"], () => api.GET("/api/v1/modes"));
}
