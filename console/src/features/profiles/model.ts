/** What the API answers about one person. */
export interface Found {
  profile_id: number;
  home_location: string | null;
  last_seen_at: string;
  match_confidence: number;
  identifiers: Record<string, number>;
}

export interface Fact {
  value: unknown;
  sealed: boolean;
  field_source?: string;
  source_origin?: string;
  basis?: string;
  confidence?: number;
  occurred_at: string | null;
  last_synced_at: string | null;
}

export interface Computed {
  value: unknown;
  is_computable: boolean;
  valid_until: string | null;
}

export interface Walk {
  journey: string;
  status: string;
  step: string;
  arm: string;
  entered_at: string;
  due_at: string | null;
  last_message_at: string | null;
  goal_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
}

export interface FullWalk extends Walk {
  does: string;
  means: string | null;
  halted_by: string | null;
  version: string;
}

export interface Profile {
  profile_id: number;
  merged_from: number[];
  match_confidence: number;
  home_location: string | null;
  first_seen_at: string | null;
  last_seen_at: string | null;
  identifiers: Record<string, number>;
  traits: Record<string, Fact>;
  stage: string | null;
  stage_since: string | null;
  time_zone: unknown;
  computed: Record<string, Computed>;
  audiences: Record<string, string>;
  next_change_at: string | null;
  journeys: Walk[];
  household: { members: number[]; is_known: boolean };
  as_of: string;
}

export interface Identifier {
  kind: string;
  hash: string;
  value: string;
  state: string;
  home_id: number;
  first_seen_at: string;
}

export interface Link {
  a?: string;
  b?: string;
  identifiers?: string[];
  kind: string;
  rule: string;
  confidence: number;
  occurred_at: string;
  source: string;
  who?: string | null;
  state?: string;
  retracted_at?: string | null;
  [key: string]: unknown;
}

export interface Question {
  id: string;
  reason: string;
  a: string;
  b: string;
  confidence: number;
  status: string;
  at: string;
}

export interface Identities {
  identifiers: Identifier[];
  links: Link[];
  holds: Question[];
}

export interface TimelineEvent {
  event_id: string;
  type: string;
  event: string | null;
  source_system: string;
  occurred_at: string;
  location: string | null;
  properties: Record<string, unknown>;
  sealed: Record<string, unknown> | unknown[];
  erased: boolean;
  retracted: boolean;
}

export interface Verdict {
  at: string;
  decision: string;
  rule: string;
  reasons: string[];
  words: string[];
  inputs: Record<string, unknown>;
  channel: string;
  template: string;
  step: string;
  arm: string;
  phase: string | null;
  delivery_status: string | null;
  policy_version: string;
  journey_version: string;
}

export interface WhyNot {
  journeys: Record<
    string,
    { walks: Walk[]; entry: string; verdicts: Verdict[]; waiting: { template: string; channel: string; due_at: string }[] }
  >;
  other: Verdict[];
  as_of: string;
}

export interface Standing {
  purpose: string;
  channel: string;
  state: string;
  until: string | null;
  source: string | null;
  timestamp: string | null;
  version: string | null;
}

export interface Consent {
  in_force: Standing[];
  suppressed: { reason: string; since: string }[];
}

export interface ConsentRecord {
  purpose: string;
  channel: string;
  action: string;
  source: string;
  occurred_at: string;
  recorded_at?: string;
  notice_version: string | null;
  [key: string]: unknown;
}

export interface Part {
  depth: number;
  text: string;
  value: string;
  truth: boolean | null;
  next_change_at: string | null;
}

export interface Why {
  audience: string;
  is_member: boolean;
  joined_at: string | null;
  holds_now: boolean | null;
  parts: Part[];
}

/** The zone of the person's own clock, wherever the answer says it. */
export function zoneOf(profile: Profile, zones: Map<string, string>): string | undefined {
  if (profile.home_location !== null) {
    const home = zones.get(profile.home_location);
    if (home !== undefined) return home;
  }
  return undefined;
}

/** A value as people read it. Whole numbers are told to the last digit: they may be somebody's number. */
export function told(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A small mapping on one line, as YAML people would write it. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return value === undefined ? "–" : String(value);
  return Object.entries(value)
    .map(([key, inside]) => `${key}: ${typeof inside === "object" && inside !== null && !Array.isArray(inside) ? `{${flow(inside)}}` : flow(inside)}`)
    .join(", ");
}
