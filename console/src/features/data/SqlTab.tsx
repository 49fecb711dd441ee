import { Alert, Button, Group, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Chart } from "@/parts/Chart";
import { saying } from "@/parts/Failure";
import { Panel } from "@/parts/Panel";
import { type Column, Rows } from "@/parts/Rows";
import { runSql, type SqlAnswer } from "@/parts/sql";
import { dataWords as words } from "@/words/data";

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

/** Questions to the lake in SQL, read only; kept ones stay in this browser. */
export function SqlTab() {
  const [sql, setSql] = useState(START);
  const [view, setView] = useState("table");
  const [name, setName] = useState("");
  const [saved, setSaved] = useLocalStorage<Record<string, string>>({ key: "fieldfare.sql", defaultValue: {} });
  const asked = useMutation({ mutationFn: () => runSql(sql, 500) });
  return (
    <Panel>
      <Group align="flex-end">
        <Select label={words.saved} data={Object.keys(saved)} value={null} onChange={(next) => next !== null && setSql(saved[next] ?? "")} w={220} />
        <TextInput label={words.saveAs} value={name} onChange={(event) => setName(event.currentTarget.value)} w={180} />
        <Button variant="default" disabled={name.trim() === ""} onClick={() => setSaved({ ...saved, [name.trim()]: sql })}>{words.save}</Button>
      </Group>
      <Textarea label={words.sql} value={sql} onChange={(event) => setSql(event.currentTarget.value)} autosize minRows={5} maxRows={20} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <Button onClick={() => asked.mutate()} loading={asked.isPending}>{words.run}</Button>
        {asked.data !== undefined && <SegmentedControl size="xs" value={view} onChange={setView} data={[{ value: "table", label: words.table }, { value: "chart", label: words.chart }]} />}
      </Group>
      {asked.isError && <Alert color="red"><Text size="sm" style={{ whiteSpace: "pre-wrap" }}>{saying(asked.error)}</Text></Alert>}
      {asked.data !== undefined && (
        <Stack gap="xs">
          <Text size="sm">{words.rows(asked.data.rows.length)} {asked.data.cut && words.cut}</Text>
          {view === "table" ? <Answered found={asked.data} /> : <Drawn found={asked.data} />}
        </Stack>
      )}
    </Panel>
  );
}
