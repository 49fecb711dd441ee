import { Alert, Anchor, Button, Group, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { percentOf } from "@/parts/numbers";
import { type Column, Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { useZones } from "@/parts/workspace";
import { profileWords as words } from "@/words/profiles";

import { useSearch } from "./ask";
import type { Found } from "./model";

function columns(zones: Map<string, string>): Column<Found>[] {
  return [
    {
      head: words.columns.profile,
      cell: (each) => (
        <Anchor component={Link} to={`/profiles/${each.profile_id}`} fw={600}>
          {words.profile(each.profile_id)}
        </Anchor>
      ),
    },
    { head: words.columns.home, cell: (each) => each.home_location ?? words.facts.noHome },
    {
      head: words.columns.seen,
      cell: (each) => <Instant at={each.last_seen_at} zone={zones.get(each.home_location ?? "")} />,
    },
    { head: words.columns.known, cell: (each) => Object.keys(each.identifiers).join(", ") },
    { head: words.columns.confidence, number: true, cell: (each) => percentOf(each.match_confidence) },
  ];
}

/** Finding a person. What is looked for may be personal, so it stands in no address. */
export function SearchPage() {
  const [written, setWritten] = useState("");
  const [asked, setAsked] = useState("");
  const found = useSearch(asked);
  const zones = useZones();
  function submit(event: FormEvent) {
    event.preventDefault();
    setAsked(written.trim());
  }
  return (
    <Screen title={words.title} what={words.what}>
      <form onSubmit={submit} role="search">
        <Group align="flex-end" gap="sm">
          <TextInput
            label={words.search}
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
            style={{ flex: "1 1 220px", maxWidth: 520 }}
            autoComplete="off"
          />
          <Button type="submit">{words.find}</Button>
        </Group>
      </form>
      {asked === "" ? (
        <Empty title={words.start} what={words.startDo} />
      ) : (
        <Asked query={found}>
          {({ profiles, cut }) =>
            profiles.length === 0 ? (
              <Empty title={words.nobody} what={words.nobodyDo} />
            ) : (
              <>
                {cut && <Alert color="slate">{words.cut}</Alert>}
                <Rows rows={profiles} columns={columns(zones)} rowKey={(each) => each.profile_id} label={words.title} />
              </>
            )
          }
        </Asked>
      )}
    </Screen>
  );
}
