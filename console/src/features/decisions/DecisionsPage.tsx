import { Alert, Badge, Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Screen } from "@/parts/Screen";
import { useSql } from "@/parts/sql";
import { To } from "@/parts/To";
import { type Judged, Verdict } from "@/parts/Verdict";
import { decisionWords as words } from "@/words/decisions";
import { states } from "@/words/shell";

import { countsSql, type Filters, MOST, rowsSql } from "./query";

interface Row extends Omit<Judged, "at" | "reasons" | "inputs"> {
  created_at: string;
  reasons: unknown;
  inputs: unknown;
  rule_id: string;
  profile_id: number;
  proposal_id: string;
}

function plain<T>(of: unknown, otherwise: T): T {
  if (typeof of !== "string") return (of as T | null) ?? otherwise;
  return JSON.parse(of) as T;
}

function One({ row }: { row: Row }) {
  const verdict: Judged = { ...row, at: row.created_at, reasons: plain<string[]>(row.reasons, []), inputs: plain<Record<string, unknown>>(row.inputs, {}) };
  return (
    <div>
      <Verdict verdict={verdict} />
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

/** Every verdict, searchable. The filters stand in the address. */
export function DecisionsPage() {
  const filters: Filters = useSearch({ from: "/decisions" });
  const navigate = useNavigate();
  const rows = useSql<Row>(["decisions"], rowsSql(filters));
  const counts = useSql<{ decision: string; reason: string; many: number }>(["decisions", "counts"], countsSql(filters));
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
      <Panel title={words.reasons}>
        <Asked query={counts} lines={1}>
          {(found) => (
            <Group gap="xs">
              {found.map((each) => (
                <Badge
                  key={each.decision + each.reason}
                  component="button"
                  type="button"
                  variant="default"
                  tt="none"
                  size="lg"
                  style={{ cursor: "pointer" }}
                  onClick={() => set({ outcome: each.decision, reason: each.decision === "permit" ? "" : each.reason })}
                >
                  {whole(each.many)} {worded(each.decision === "permit" ? each.decision : `${each.decision}: ${each.reason}`)}
                </Badge>
              ))}
            </Group>
          )}
        </Asked>
      </Panel>
      <Panel>
        <Asked query={rows}>
          {(found) =>
            found.length === 0 ? (
              <Empty title={words.none} what={words.noneDo} />
            ) : (
              <>
                {found.length > MOST && <Alert color="slate">{words.cut(MOST)}</Alert>}
                {found.slice(0, MOST).map((each) => (
                  <One key={each.proposal_id + each.created_at} row={each} />
                ))}
              </>
            )
          }
        </Asked>
      </Panel>
    </Screen>
  );
}
