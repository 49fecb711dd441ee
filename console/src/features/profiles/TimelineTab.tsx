import { Badge, Button, Code, Group, Select, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import type { Signed } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Decisions, useDecisions } from "@/parts/Decisions";
import { Empty } from "@/parts/Empty";
import { Filter } from "@/parts/Filter";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { Verdict } from "@/parts/Verdict";
import { profileWords as words } from "@/words/profiles";
import { states } from "@/words/shell";

import { type EventFilter, useTimeline } from "./ask";
import { type TimelineEvent, told } from "./model";
import { RevealButton, useReveal } from "./reveal";
import { spanOf, together } from "./timeline";

const MOST = 200;

const DECISION = "decision";
const KINDS = [...["track", "identify", "page", "screen", "group", "alias"].map((value) => ({ value, label: value })), { value: DECISION, label: words.decisions }];

function entries(of: Record<string, unknown> | unknown[]): [string, unknown][] {
  return Array.isArray(of) ? of.map((name) => [String(name), words.sealed]) : Object.entries(of);
}

function One({ event, zone }: { event: TimelineEvent; zone: string | undefined }) {
  const said = [...entries(event.properties), ...entries(event.sealed)];
  return (
    <Group align="flex-start" gap="sm" wrap="wrap" py={6} style={{ borderBottom: "1px solid var(--ff-line)" }}>
      <Text size="sm" w={200} component="div">
        <Instant at={event.occurred_at} zone={zone} />
      </Text>
      <Stack gap={2} style={{ flex: "1 1 220px", minWidth: 0 }}>
        <Group gap={6}>
          <Text size="sm" fw={600}>{event.event ?? event.type}</Text>
          {event.retracted && <Badge color="red" variant="light">{words.takenBack}</Badge>}
          {event.erased && <Badge color="red" variant="light">{words.erased}</Badge>}
          <Text size="xs" className="ff-quiet">{[event.source_system, event.location].filter(Boolean).join(" · ")}</Text>
        </Group>
        <Group gap={6}>
          {said.map(([name, value]) => (
            <Code key={name} style={{ whiteSpace: "pre-wrap" }}>
              {name}: {told(value)}
            </Code>
          ))}
        </Group>
      </Stack>
    </Group>
  );
}

interface Place {
  cursor: string;
  /** When the last event of the page ahead occurred. */
  before: string;
}

interface Shown {
  profile: string;
  zone: string | undefined;
  filter: EventFilter;
  reveal: Signed | null;
}

/** A page of what the person did, with the gate's verdicts of the same time where events are not narrowed. */
function Lived({ profile, zone, filter, reveal }: Shown) {
  const [places, setPlaces] = useState<Place[]>([]);
  const place = places[places.length - 1] ?? null;
  const query = useTimeline(profile, filter, place?.cursor ?? null, reveal);
  const { data, isPlaceholderData } = query;
  const isNarrowed = filter.event !== undefined || filter.type !== undefined;
  const span = data === undefined || isPlaceholderData || isNarrowed ? null : spanOf(data.events, data.next === null, place?.before ?? null, filter);
  const verdicts = useDecisions(span === null ? null : { profile, ...span, limit: MOST });
  const judged = span === null ? undefined : verdicts.data;
  return (
    <Asked query={query}>
      {({ events, next }) => {
        const entries = together(events, judged?.decisions ?? []);
        return entries.length === 0 ? (
          <Empty title={words.noEvents} what={words.noEventsDo} />
        ) : (
          <Stack gap={0}>
            {entries.map((each) =>
              each.event === null ? (
                <Verdict key={`decision ${each.decision.id}`} verdict={each.decision} zone={zone} />
              ) : (
                <One key={each.event.event_id} event={each.event} zone={zone} />
              ),
            )}
            {judged !== undefined && judged.next !== null && <Text size="sm" className="ff-quiet">{words.moreDecisions(MOST)}</Text>}
            <Group pt="sm">
              {places.length > 0 && (
                <Button variant="default" size="xs" onClick={() => setPlaces((all) => all.slice(0, -1))}>{states.newer}</Button>
              )}
              {next !== null && (
                <Button
                  variant="default"
                  size="xs"
                  onClick={() => setPlaces((all) => [...all, { cursor: next, before: events[events.length - 1]?.occurred_at ?? "" }])}
                >
                  {states.older}
                </Button>
              )}
            </Group>
          </Stack>
        );
      }}
    </Asked>
  );
}

/** What the person did and what was decided about them, the newest first. */
export function TimelineTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const { event, type, from, to } = useSearch({ from: "/profiles/$profile" });
  const navigate = useNavigate();
  const { reveal, setReveal } = useReveal();
  const span = { ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const filter = { ...(event ? { event } : {}), ...(type ? { type } : {}), ...span };
  function set(change: Record<string, string | undefined>) {
    void navigate({ to: "/profiles/$profile", params: { profile }, search: { tab: "timeline", ...filter, ...change }, replace: true });
  }
  const key = JSON.stringify(filter);
  return (
    <Panel>
      <Group align="flex-end" gap="sm">
        <Filter label={words.filterEvent} value={event ?? ""} take={(next) => set({ event: next || undefined })} />
        <Select label={words.filterType} data={KINDS} value={type ?? null} clearable onChange={(next) => set({ type: next ?? undefined })} />
        <RevealButton reveal={reveal} onReveal={setReveal} />
      </Group>
      {type === DECISION ? (
        <Decisions key={key} filters={{ profile, ...span }} zone={zone} />
      ) : (
        <Lived key={key} profile={profile} zone={zone} filter={filter} reveal={reveal} />
      )}
    </Panel>
  );
}
