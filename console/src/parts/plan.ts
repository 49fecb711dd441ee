import { answer, api } from "@/api/client";

/** What applying files would do, as the API plans it. */
export interface Moves {
  audience: string;
  size: number;
  size_after: number;
  joins: number;
  leaves: number;
  examples_joining: number[];
  examples_leaving: number[];
  by_location: { location: string; joins: number; leaves: number }[];
  how: string;
  is_exact: boolean;
  needed_by: { audiences: string[]; journeys: string[]; stages: string[] };
}

export interface Plan {
  base: number | null;
  has_changes: boolean;
  needs: string;
  files: { file: string; how: string }[];
  changes: { section: string; thing: string; how: string; what: string[] }[];
  audiences: Moves[];
  journeys: { journey: string; how: string | null; walks: number }[];
  unready: Record<string, string[]>;
  estimate: { seconds: number };
  warnings: { warned: string; thing: string; what: string }[];
  stale: unknown[];
  risk: { level: string; concerns: { concern: string; thing?: string; what?: string }[]; approvers: string[]; waits: boolean };
}

export function planOf(files: Record<string, string>, by: string, only: string[] = [], trigger = false): Promise<Plan> {
  return answer<Plan>(api.POST("/api/v1/workspace/plan", { body: { files, by, only, trigger_on_change: trigger } }));
}
