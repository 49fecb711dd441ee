/** Instants as the API writes them (ISO 8601, UTC), shown on the clock of a place whose zone is named. */
export interface Shown {
  text: string;
  zone: string;
}

function part(of: Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(of);
}

/** `14 Jan 2026, 09:30` and the zone's short name, such as `CET`. */
export function shown(iso: string, zone: string): Shown | null {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return null;
  const text = part(at, zone, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const names = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" }).formatToParts(at);
  return { text, zone: names.find((each) => each.type === "timeZoneName")?.value ?? zone };
}

/** A local day, `2026-01-14`, as `14 Jan 2026`. It has no zone. */
export function day(on: string): string {
  return part(new Date(`${on.slice(0, 10)}T12:00:00Z`), "UTC", { day: "numeric", month: "short", year: "numeric" });
}
