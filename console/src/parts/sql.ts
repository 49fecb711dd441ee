import { useQuery, type UseQueryResult } from "@tanstack/react-query";

import { answer, api } from "@/api/client";

export interface SqlAnswer {
  columns: string[];
  rows: unknown[][];
  cut: boolean;
}

export function runSql(sql: string, most = 1_000): Promise<SqlAnswer> {
  return answer<SqlAnswer>(api.POST("/api/v1/sql", { body: { sql, most_rows: most } }));
}

/** Rows of the lake as records by column. */
export function records<Row>(found: SqlAnswer): Row[] {
  return found.rows.map((row) => Object.fromEntries(found.columns.map((name, place) => [name, row[place]])) as Row);
}

export function useSql<Row>(key: readonly unknown[], sql: string, when = true): UseQueryResult<Row[]> {
  return useQuery({ queryKey: [...key, sql], queryFn: async () => records<Row>(await runSql(sql)), enabled: when });
}

/** A text as SQL writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
