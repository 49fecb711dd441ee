import { quoted } from "@/parts/sql";

export interface Filters {
  profile?: string;
  outcome?: string;
  reason?: string;
  journey?: string;
  from?: string;
  to?: string;
  message?: string;
}

export const MOST = 100;

/** The conditions that filters ask for. What is no number or no day is not asked for. */
export function conditions(filters: Filters): string[] {
  const { profile, outcome, reason, journey, from, to, message } = filters;
  const said: string[] = [];
  if (profile !== undefined && /^\d+$/.test(profile)) said.push(`profile_id = ${profile}`);
  if (outcome !== undefined) said.push(`decision = ${quoted(outcome)}`);
  if (reason !== undefined) said.push(`(rule_id = ${quoted(reason)} OR CAST(reasons AS VARCHAR) LIKE ${quoted(`%"${reason}"%`)})`);
  if (journey !== undefined) said.push(`journey = ${quoted(journey)}`);
  if (message !== undefined) said.push(`proposal_id = ${quoted(message)}`);
  if (from !== undefined && /^\d{4}-\d\d-\d\d$/.test(from)) said.push(`created_at >= CAST(${quoted(from)} AS DATE)`);
  if (to !== undefined && /^\d{4}-\d\d-\d\d$/.test(to)) said.push(`created_at < CAST(${quoted(to)} AS DATE) + INTERVAL 1 DAY`);
  return said;
}

function where(filters: Filters): string {
  const said = conditions(filters);
  return said.length === 0 ? "" : `WHERE ${said.join(" AND ")}`;
}

export function rowsSql(filters: Filters): string {
  return `SELECT * FROM decisions ${where(filters)} ORDER BY created_at DESC LIMIT ${MOST + 1}`;
}

export function countsSql(filters: Filters): string {
  return `SELECT decision, rule_id AS reason, count(*) AS many FROM decisions ${where(filters)} GROUP BY ALL ORDER BY many DESC LIMIT 12`;
}
