import type { components } from "@/api/schema";

export type Now = components["schemas"]["NowView"];

export interface Pause {
  scope: string;
  name: string;
  actor: string;
  reason: string;
  since_at: string;
  until: string | null;
}

export interface Source {
  events: number;
  dead_letters: number;
  events_per_min: number;
  last_received_at: string;
}

export interface Lag {
  behind_records: number;
  behind_s: number;
}

export interface Status {
  profiles: number;
  sources: Record<string, Source>;
  dead_letters: Record<string, number>;
  walks: Record<string, number>;
  log: Record<string, Lag>;
  providers: Record<string, { circuit: string; detail: string }>;
  gate: { paused: Pause[]; queue: Record<string, number> };
  consent: { open_reviews: number; records: Record<string, number> };
  workspace: { in_force: number; served: number; waiting: number[] };
  health: { ok: boolean | null; failing: Record<string, unknown> };
  as_of: string;
}

export interface Stretch {
  season: string;
  phase: string;
  from: string;
  to: string;
}

export interface PlaceGroup {
  places: string[];
  time_zone: string;
  today: string;
  phases: string[];
  stretches: Stretch[];
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** What each season is in, and when its next phase begins, as of the places' own day. */
export function standing(group: PlaceGroup): { season: string; phase: string; to: string | null; next: Stretch | null; inDays: number }[] {
  const seasons = [...new Set(group.stretches.map((each) => each.season))];
  return seasons.map((season) => {
    const mine = group.stretches.filter((each) => each.season === season);
    const here = mine.find((each) => each.from <= group.today && group.today <= each.to);
    const next = mine.find((each) => each.from > group.today) ?? null;
    return { season, phase: here?.phase ?? "off", to: here?.to ?? null, next, inDays: next === null ? 0 : daysBetween(group.today, next.from) };
  });
}

export function sum(of: Record<string, number>): number {
  return Object.values(of).reduce((total, each) => total + each, 0);
}
