import { createContext, useContext, useMemo } from "react";

import { api } from "@/api/client";

import { useAsk } from "../ask";
import { useMay } from "../session";
import { read, useWorkspace, zonesOf } from "../workspace";

/** What the fields of the builder suggest: names that the workspace and its data know. */
export interface Names {
  traits: string[];
  events: string[];
  audiences: string[];
  measures: string[];
  places: string[];
  stages: string[];
  seasons: string[];
  purposes: string[];
  channels: string[];
}

const NONE: Names = { traits: [], events: [], audiences: [], measures: [], places: [], stages: [], seasons: [], purposes: [], channels: [] };
export const NamesContext = createContext<Names>(NONE);
export const useNames = () => useContext(NamesContext);

const PHASES = ["prepare", "peak", "cool_down", "off"];
const SEEN = "SELECT DISTINCT name FROM event_rows WHERE name IS NOT NULL LIMIT 500";

function keys(of: unknown): string[] {
  return typeof of === "object" && of !== null && !Array.isArray(of) ? Object.keys(of) : [];
}

/** The names under `key` of a list of mappings, or the keys of a mapping. */
function named(of: unknown, key: string): string[] {
  if (!Array.isArray(of)) return keys(of);
  return of.map((each: Record<string, unknown>) => each[key]).filter((each): each is string => typeof each === "string");
}

/** The names of the files of a folder: `audiences/lapsed.yaml` is `lapsed`. */
export function inFolder(files: Record<string, string>, folder: string): string[] {
  return Object.keys(files)
    .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes("/"))
    .map((path) => path.slice(folder.length + 1).replace(/\.[^.]+$/, ""));
}

const unique = (all: string[]) => [...new Set(all.filter((each) => each !== ""))].sort();

function traitsOf(files: Record<string, string>): string[] {
  const { traits, computed } = read(files, "traits.yaml");
  return unique([...keys(traits), ...keys(computed)]);
}

/** The traits that the workspace names. */
export function useTraitNames(): string[] {
  const { data } = useWorkspace();
  return useMemo(() => (data === undefined ? [] : traitsOf(data.files)), [data]);
}

export function useAllNames(): Names {
  const { data } = useWorkspace();
  const mayAsk = useMay("lake.query");
  const contracts = useAsk<{ event: string }[]>(["contracts"], () => api.GET("/api/v1/contracts"));
  const seen = useAsk<{ rows: unknown[][] }>(["events", "seen"], () => api.POST("/api/v1/sql", { body: { sql: SEEN, most_rows: 500 } }), { when: mayAsk });
  return useMemo(() => {
    if (data === undefined) return NONE;
    const of = (path: string, key: string) => read(data.files, path)[key];
    const seasons = named(of("seasons.yaml", "seasons"), "season");
    return {
      traits: traitsOf(data.files),
      events: unique([...(seen.data?.rows.map((row) => String(row[0])) ?? []), ...(contracts.data?.map((each) => each.event) ?? [])]),
      audiences: inFolder(data.files, "audiences"),
      measures: keys(of("measures.yaml", "measures")),
      places: [...zonesOf(read(data.files, "locations.yaml"), "").keys()],
      stages: named(of("lifecycle.yaml", "stages"), "stage"),
      seasons: [...PHASES, ...seasons.flatMap((season) => PHASES.map((phase) => `${season}.${phase}`))],
      purposes: unique(["marketing", ...named(of("consent.yaml", "purposes"), "purpose")]),
      channels: unique(["email", "sms", "push", ...named(of("channels.yaml", "channels"), "channel")]),
    };
  }, [data, contracts.data, seen.data]);
}
