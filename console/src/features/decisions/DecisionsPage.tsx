import { Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Panel } from "@/parts/Panel";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { Verdict } from "@/parts/Verdict";
import { decisionWords as words } from "@/words/decisions";
import { states } from "@/words/shell";

interface Filters {
  profile?: string;
  outcome?: string;
  reason?: string;
  journey?: string;
  from?: string;
  to?: string;
}

type Page = components["schemas"]["DecisionPage"];

function One({ row }: { row: Page["decisions"][number] }) {
  return (
    <div>
      <Verdict verdict={row} />
      <Group gap="md" py={4}>
        <To to={`/profiles/${row.profile_id}`}>{words.person(row.profile_id)}</To>
        <To to={`/profiles/${row.profile_id}`} search={{ tab: "why" }}>
          {words.why}
        </To>
      </Group>
    </div>
  );
}

function FilterBar({ filters, set }: { filters: Filters; set: (change: Filters) => void }) {
  const text = (name: "reason" | "journey" | "profile") => (
    <TextInput
      key={name + (filters[name] ?? "")}
      label={words.filters[name]}
      defaultValue={filters[name] ?? ""}
      onBlur={(event) => event.currentTarget.value !== (filters[name] ?? "") && set({ [name]: event.currentTarget.value.trim() })}
      onKeyDown={(event) => event.key === "Enter" && set({ [name]: event.currentTarget.value.trim() })}
    />
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

/** A page of verdicts. The log is looked through in pieces, so a page may be short and still have one after it. */
function Found({ filters }: { filters: Filters }) {
  const [cursors, setCursors] = useState<(number | null)[]>([null]);
  const cursor = cursors[cursors.length - 1] ?? null;
  const query = { ...filters, limit: 50, ...(cursor === null ? {} : { cursor }) };
  const rows = useAsk<Page>(["decisions", query], () => api.GET("/api/v1/decisions", { params: { query } }), { keep: true });
  return (
    <Panel>
      <Asked query={rows}>
        {({ decisions, next }) => (
          <>
            {decisions.length === 0 && <Empty title={words.none} what={next === null ? words.noneDo : words.further} />}
            {decisions.map((each) => (
              <One key={each.id} row={each} />
            ))}
            <Group>
              {cursors.length > 1 && <Button size="xs" variant="default" onClick={() => setCursors((all) => all.slice(0, -1))}>{states.newer}</Button>}
              {next !== null && <Button size="xs" variant="default" onClick={() => setCursors((all) => [...all, next])}>{states.older}</Button>}
            </Group>
          </>
        )}
      </Asked>
    </Panel>
  );
}

/** Every verdict, searchable. The filters stand in the address. */
export function DecisionsPage() {
  const filters: Filters = useSearch({ from: "/decisions" });
  const navigate = useNavigate();
  function set(change: Filters) {
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
      <Found key={JSON.stringify(filters)} filters={filters} />
    </Screen>
  );
}
