import { Badge, Button, Code, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { profileWords as words } from "@/words/profiles";
import { states } from "@/words/shell";

import { useTimeline } from "./ask";
import { type TimelineEvent, told } from "./model";
import { RevealButton, useReveal } from "./reveal";

const TYPES = ["track", "identify", "page", "screen", "group", "alias"];

function entries(of: Record<string, unknown> | unknown[]): [string, unknown][] {
  return Array.isArray(of) ? of.map((name) => [String(name), words.sealed]) : Object.entries(of);
}

function One({ event, zone }: { event: TimelineEvent; zone: string | undefined }) {
  const said = [...entries(event.properties), ...entries(event.sealed)];
  return (
    <Group align="flex-start" gap="sm" wrap="wrap" py={6} style={{ borderBottom: "1px solid var(--ff-line)" }}>
      <Text size="sm" w={170} component="div">
        <Instant at={event.occurred_at} zone={zone} />
      </Text>
      <Stack gap={2} style={{ flex: "1 1 220px", minWidth: 0 }}>
        <Group gap={6}>
          <Text size="sm" fw={600}>{event.event ?? event.type}</Text>
          {event.retracted && <Badge color="red" variant="light" tt="none">{words.takenBack}</Badge>}
          {event.erased && <Badge color="red" variant="light" tt="none">{words.erased}</Badge>}
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

/** What the person did, the newest first. */
export function TimelineTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const { event, type, from, to } = useSearch({ from: "/profiles/$profile" });
  const navigate = useNavigate();
  const { reveal, setReveal } = useReveal();
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const filter = { ...(event ? { event } : {}), ...(type ? { type } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const query = useTimeline(profile, filter, cursors[cursors.length - 1] ?? null, reveal);
  function set(change: Record<string, string | undefined>) {
    setCursors([null]);
    void navigate({ to: "/profiles/$profile", params: { profile }, search: { tab: "timeline", ...filter, ...change }, replace: true });
  }
  return (
    <Panel>
      <Group align="flex-end" gap="sm">
        <TextInput
          label={words.filterEvent}
          defaultValue={event ?? ""}
          onBlur={(each) => set({ event: each.currentTarget.value.trim() || undefined })}
          onKeyDown={(each) => each.key === "Enter" && set({ event: each.currentTarget.value.trim() || undefined })}
        />
        <Select label={words.filterType} data={TYPES} value={type ?? null} clearable onChange={(next) => set({ type: next ?? undefined })} />
        <RevealButton reveal={reveal} onReveal={setReveal} />
      </Group>
      <Asked query={query}>
        {({ events, next }) =>
          events.length === 0 ? (
            <Empty title={words.noEvents} what={words.noEventsDo} />
          ) : (
            <Stack gap={0}>
              {events.map((each) => (
                <One key={each.event_id} event={each} zone={zone} />
              ))}
              <Group pt="sm">
                {cursors.length > 1 && (
                  <Button variant="default" size="xs" onClick={() => setCursors((all) => all.slice(0, -1))}>{states.newer}</Button>
                )}
                {next !== null && (
                  <Button variant="default" size="xs" onClick={() => setCursors((all) => [...all, next])}>{states.older}</Button>
                )}
              </Group>
            </Stack>
          )
        }
      </Asked>
    </Panel>
  );
}
