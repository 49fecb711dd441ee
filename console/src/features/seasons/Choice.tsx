import { Autocomplete, Button, Group, Select } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { useMay } from "@/parts/session";
import { useSql } from "@/parts/sql";
import { useZones } from "@/parts/workspace";
import { states } from "@/words/shell";
import { seasonWords as words } from "@/words/seasons";

const EVENTS = "SELECT name FROM event_rows WHERE name IS NOT NULL AND type = 'track' GROUP BY name ORDER BY count(*) DESC LIMIT 100";

/** Which event in which place is looked at; kept in the address. */
export function Choice({ tab }: { tab: string }) {
  const { event, location } = useSearch({ from: "/seasons" });
  const navigate = useNavigate();
  const events = useSql<{ name: string }>(["event-names"], EVENTS, useMay("lake.query"));
  const zones = useZones();
  const [written, setWritten] = useState(event ?? "");
  const [place, setPlace] = useState<string | null>(location ?? null);
  function submit(each: FormEvent) {
    each.preventDefault();
    void navigate({ to: "/seasons", search: { tab, event: written, ...(place === null ? {} : { location: place }) } });
  }
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <Autocomplete label={words.event} data={events.data?.map((each) => each.name) ?? []} value={written} onChange={setWritten} required />
        <Select label={words.location} data={[...zones.keys()]} value={place} onChange={setPlace} clearable searchable placeholder={words.everywhere} />
        <Button type="submit">{states.show}</Button>
      </Group>
    </form>
  );
}
