import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import type { Signed } from "@/parts/ActButton";

import type { Consent, ConsentRecord, Found, FullWalk, Identities, Profile, TimelineEvent, Why, WhyNot } from "./model";

const ONE = "/api/v1/profiles/{profile}";

export function useSearch(q: string) {
  const call = () => api.GET("/api/v1/profiles/search", { params: { query: { q, limit: 50 } } });
  return useAsk<{ profiles: Found[]; cut: boolean }>(["profiles", "search", q], call, { when: q !== "" });
}

export function useProfile(profile: string) {
  return useAsk<Profile>(["profiles", profile, "one"], () => api.GET(ONE, { params: { path: { profile } } }));
}

function shown(reveal: Signed | null) {
  return reveal === null ? {} : { reveal: true, actor: reveal.actor, reason: reveal.reason };
}

export function useIdentities(profile: string, reveal: Signed | null) {
  const params = { path: { profile }, query: shown(reveal) };
  const call = () => api.GET(`${ONE}/identities`, { params });
  return useAsk<Identities>(["profiles", profile, "identities", reveal], call);
}

export interface EventFilter {
  event?: string;
  type?: string;
  from?: string;
  to?: string;
}

export function useTimeline(profile: string, filter: EventFilter, cursor: string | null, reveal: Signed | null) {
  const query = { ...filter, limit: 50, ...(cursor === null ? {} : { cursor }), ...shown(reveal) };
  const call = () => api.GET(`${ONE}/timeline`, { params: { path: { profile }, query } });
  return useAsk<{ events: TimelineEvent[]; next: string | null }>(["profiles", profile, "timeline", query], call, { keep: true });
}

export function useWalks(profile: string) {
  const call = () => api.GET(`${ONE}/journeys`, { params: { path: { profile } } });
  return useAsk<{ walks: FullWalk[] }>(["profiles", profile, "walks"], call);
}

export function useWhyNot(profile: string) {
  const call = () => api.GET(`${ONE}/why-not`, { params: { path: { profile } } });
  return useAsk<WhyNot>(["profiles", profile, "why-not"], call);
}

export function useConsent(profile: string) {
  const call = () => api.GET(`${ONE}/consent`, { params: { path: { profile } } });
  return useAsk<Consent>(["profiles", profile, "consent"], call);
}

export function useConsentHistory(profile: string) {
  const call = () => api.GET(`${ONE}/consent/history`, { params: { path: { profile } } });
  return useAsk<{ records: ConsentRecord[] }>(["profiles", profile, "consent", "history"], call);
}

export interface Hold {
  kind: string;
  since_at: string;
  until: string | null;
  actor: string;
  reason: string;
}

export function useHolds(profile: string) {
  const call = () => api.GET("/api/v1/holds", { params: { query: { profile } } });
  return useAsk<Hold[]>(["profiles", profile, "holds"], call);
}

export function useWhy(profile: string, audience: string | null) {
  const path = { audience: audience ?? "" };
  const call = () => api.GET("/api/v1/audiences/{audience}/why", { params: { path, query: { profile } } });
  return useAsk<Why>(["profiles", profile, "why", audience], call, { when: audience !== null });
}

export interface Stay {
  audience: string;
  joined_at: string;
  left_at: string | null;
  [key: string]: unknown;
}

export function useStays(profile: string) {
  const call = () => api.GET(`${ONE}/memberships`, { params: { path: { profile } } });
  return useAsk<{ stays: Stay[] }>(["profiles", profile, "memberships"], call);
}

export interface HistoryValue {
  value: unknown;
  [key: string]: unknown;
}

export function useTrait(profile: string, trait: string | null, reveal: Signed | null) {
  const params = { path: { profile, trait: trait ?? "" }, query: shown(reveal) };
  const call = () => api.GET(`${ONE}/traits/{trait}`, { params });
  return useAsk<Record<string, unknown>>(["profiles", profile, "trait", trait, reveal], call, { when: trait !== null });
}
