import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import { parse } from "yaml";

import { answer, api } from "@/api/client";

/** The workspace in force: its files as text by path, and the version they are of. */
export interface Workspace {
  version: number;
  files: Record<string, string>;
}

interface VersionRow {
  version: number;
  is_in_force: boolean;
}

const NONE: Workspace = { version: 0, files: {} };

export async function readWorkspace(): Promise<Workspace> {
  const rows = await answer<VersionRow[]>(api.GET("/api/v1/workspace/versions", { params: { query: { limit: 200 } } }));
  const held = rows.find((each) => each.is_in_force);
  if (held === undefined) return NONE;
  const path = { version: held.version };
  const call = api.GET("/api/v1/workspace/versions/{version}", { params: { path, query: { contents: true } } });
  const one = await answer<{ contents: Record<string, string> }>(call);
  return { version: held.version, files: one.contents };
}

export function useWorkspace() {
  return useQuery({ queryKey: ["workspace"], queryFn: readWorkspace, staleTime: 60_000 });
}

/** A file of the workspace as values; an empty mapping where it is not there or cannot be read. */
export function read(files: Record<string, string>, path: string): Record<string, unknown> {
  const text = files[path];
  if (text === undefined) return {};
  try {
    const found: unknown = parse(text);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export const ZoneContext = createContext("UTC");

/** The zone of the workspace, in which times are shown that have no location of their own. */
export function useZone(): string {
  return useContext(ZoneContext);
}

interface Place {
  location?: string;
  region?: string;
  name?: string;
  time_zone?: string;
  [key: string]: unknown;
}

function places(of: unknown, zone: string, into: Map<string, string>): void {
  if (Array.isArray(of)) of.forEach((each) => places(each, zone, into));
  if (typeof of !== "object" || of === null || Array.isArray(of)) return;
  const place = of as Place;
  const here = place.time_zone ?? zone;
  if (typeof place.location === "string") into.set(place.location, here);
  if (typeof place.region === "string") into.set(place.region, here);
  Object.values(place).forEach((each) => places(each, here, into));
}

/** The zone of every location and region that says one, itself or through the region around it. */
export function zonesOf(locations: unknown, home: string): Map<string, string> {
  const found = new Map<string, string>();
  places(locations, home, found);
  return found;
}

export function useZones(): Map<string, string> {
  const home = useZone();
  const { data } = useWorkspace();
  return useMemo(() => zonesOf(data === undefined ? null : read(data.files, "locations.yaml"), home), [data, home]);
}
