import { Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { type DecisionFilters, Decisions } from "@/parts/Decisions";
import { Filter } from "@/parts/Filter";
import { Panel } from "@/parts/Panel";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { decisionWords as words } from "@/words/decisions";
import { states } from "@/words/shell";

function About({ profile }: { profile: number }) {
  return (
    <Group gap="md">
      <To to={`/profiles/${profile}`}>{words.person(profile)}</To>
      <To to={`/profiles/${profile}`} search={{ tab: "why" }}>{words.why}</To>
    </Group>
  );
}

function FilterBar({ filters, set }: { filters: DecisionFilters; set: (change: DecisionFilters) => void }) {
  const text = (name: "reason" | "journey" | "profile") => (
    <Filter label={words.filters[name]} value={filters[name] ?? ""} take={(next) => set({ [name]: next })} />
  );
  const date = (name: "from" | "to") => (
    <TextInput type="date" label={words.filters[name]} value={filters[name] ?? ""} onChange={(event) => set({ [name]: event.currentTarget.value })} />
  );
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
      <Select label={words.filters.outcome} data={words.outcomes} value={filters.outcome ?? null} clearable onChange={(next) => set({ outcome: next ?? "" })} />
      {text("reason")}
      {text("journey")}
      {text("profile")}
      {date("from")}
      {date("to")}
    </SimpleGrid>
  );
}

/** Every verdict, searchable. The filters stand in the address. */
export function DecisionsPage() {
  const filters: DecisionFilters = useSearch({ from: "/decisions" });
  const navigate = useNavigate();
  function set(change: DecisionFilters) {
    void navigate({ to: "/decisions", search: { ...filters, ...change }, replace: true });
  }
  return (
    <Screen
      title={words.title}
      what={words.what}
      actions={
        Object.keys(filters).length > 0 && (
          <Button variant="default" size="xs" onClick={() => void navigate({ to: "/decisions", search: {} })}>
            {states.clear}
          </Button>
        )
      }
    >
      <FilterBar filters={filters} set={set} />
      <Panel>
        <Decisions key={JSON.stringify(filters)} filters={filters} actions={(row) => <About profile={row.profile_id} />} />
      </Panel>
    </Screen>
  );
}
