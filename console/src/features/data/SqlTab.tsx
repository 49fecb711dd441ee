import { Button, Checkbox, Group, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Chart } from "@/parts/Chart";
import { Refused } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { type Column, Rows } from "@/parts/Rows";
import { runSql, type SqlAnswer } from "@/parts/sql";
import { SureButton } from "@/parts/SureButton";
import { dataWords as words } from "@/words/data";

type SavedQuery = components["schemas"]["SavedQueryView"];

const START = "SELECT decision, rule_id, count(*) AS verdicts\nFROM decisions\nGROUP BY ALL\nORDER BY verdicts DESC";

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Answered({ found }: { found: SqlAnswer }) {
  const rows = found.rows.map((row, number) => ({ row, number }));
  const columns = found.columns.map((head, place): Column<(typeof rows)[number]> => ({
    head,
    number: typeof found.rows[0]?.[place] === "number",
    cell: ({ row }) => cell(row[place]),
  }));
  return <Rows label={words.table} rows={rows} rowKey={(each) => each.number} least={found.columns.length * 120} columns={columns} />;
}

function Drawn({ found }: { found: SqlAnswer }) {
  const numeric = found.columns.findIndex((_, place) => place > 0 && typeof found.rows[0]?.[place] === "number");
  const option = useMemo(
    () => ({
      tooltip: { trigger: "axis" },
      grid: { left: 60, right: 16, top: 16, bottom: 40 },
      xAxis: { type: "category", data: found.rows.map((row) => row.slice(0, Math.max(numeric, 1)).map(cell).join(" ")) },
      yAxis: { type: "value" },
      series: [{ type: found.rows.length > 40 ? "line" : "bar", showSymbol: false, data: found.rows.map((row) => row[numeric]) }],
    }),
    [found, numeric],
  );
  return numeric < 0 ? <Text size="sm">{words.chartNone}</Text> : <Chart option={option} label={words.chartOf} height={320} />;
}

const KEY = ["sql-saved"];

const idOf = (each: SavedQuery) => `${each.owner}/${each.name}`;

/** One's own queries, and those that others share. */
function Saved({ sql, open }: { sql: string; open: (sql: string) => void }) {
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const queries = useQueryClient();
  const saved = useAsk<SavedQuery[]>(KEY, () => api.GET("/api/v1/sql/saved"));
  const held = saved.data?.find((each) => idOf(each) === chosen);
  const done = (message: string) => async () => {
    notifications.show({ message, color: "green" });
    await queries.invalidateQueries({ queryKey: KEY });
  };
  const body = { name: name.trim(), sql, shared };
  const replaced = saved.data?.find((each) => each.is_own && each.name === body.name && idOf(each) !== chosen);
  const saving = useMutation({
    mutationFn: () => answer<SavedQuery>(api.POST("/api/v1/sql/saved", { body })),
    onSuccess: async (found) => (setChosen(idOf(found)), done(words.savedNow)()),
  });
  const keeps = { variant: "default", disabled: body.name === "" || sql.trim() === "", loading: saving.isPending };
  const dropping = useMutation({ mutationFn: () => answer(api.DELETE("/api/v1/sql/saved/{name}", { params: { path: { name: held?.name ?? "" } } })), onSuccess: done(words.dropped) });
  function choose(next: string | null) {
    setChosen(next);
    const found = saved.data?.find((each) => idOf(each) === next);
    if (found === undefined) return;
    setName(found.name);
    setShared(found.is_shared);
    open(found.sql);
  }
  const options = saved.data?.map((each) => ({ value: idOf(each), label: each.is_own ? each.name : words.savedOf(each.name, each.owner) })) ?? [];
  const failure = saving.error ?? dropping.error;
  return (
    <>
      <Group align="flex-end" gap="sm">
        <Select label={words.saved} data={options} value={held === undefined ? null : chosen} onChange={choose} searchable w={260} nothingFoundMessage={words.noneSaved} />
        <TextInput label={words.saveAs} value={name} onChange={(event) => setName(event.currentTarget.value)} w={200} />
        <Checkbox label={words.shared} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} mb={8} />
        {replaced === undefined ? <Button {...keeps} onClick={() => saving.mutate()}>{words.save}</Button> : <SureButton {...keeps} label={words.save} what={words.replaces(replaced.name)} act={() => saving.mutate()} />}
        {held?.is_own === true && <Button variant="subtle" color="red" loading={dropping.isPending} onClick={() => dropping.mutate()}>{words.drop}</Button>}
      </Group>
      {held !== undefined && <Text size="xs" className="ff-quiet" component="div">{words.savedBy(held.owner)} <Instant at={held.at} /></Text>}
      {failure !== null && <Refused of={failure} />}
    </>
  );
}

/** Questions to the lake in SQL, read only; their answer as a table or as a chart. */
export function SqlTab() {
  const [sql, setSql] = useState(START);
  const [view, setView] = useState("table");
  const asked = useMutation({ mutationFn: () => runSql(sql, 500) });
  return (
    <Panel>
      <Saved sql={sql} open={setSql} />
      <Textarea label={words.sql} value={sql} onChange={(event) => setSql(event.currentTarget.value)} autosize minRows={5} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <Allowed needs="lake.query" label={words.run}>
          <Button onClick={() => asked.mutate()} loading={asked.isPending}>{words.run}</Button>
        </Allowed>
        {asked.data !== undefined && <SegmentedControl size="xs" value={view} onChange={setView} data={[{ value: "table", label: words.table }, { value: "chart", label: words.chart }]} />}
      </Group>
      {asked.isError && <Refused of={asked.error} />}
      {asked.data !== undefined && (
        <Stack gap="xs">
          <Text size="sm">{words.rows(asked.data.rows.length)} {asked.data.cut && words.cut}</Text>
          {view === "table" ? <Answered found={asked.data} /> : <Drawn found={asked.data} />}
        </Stack>
      )}
    </Panel>
  );
}
