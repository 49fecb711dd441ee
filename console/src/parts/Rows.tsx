import { Table } from "@mantine/core";
import type { ReactNode } from "react";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  number?: boolean;
  width?: number | string;
}

interface Props<Row> {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string | number;
  /** What the table shows, for those who hear it. */
  label: string;
  least?: number;
}

/** A plain table, which scrolls by itself where the screen is narrow. */
export function Rows<Row>({ rows, columns, rowKey, label, least = 520 }: Props<Row>) {
  return (
    <Table.ScrollContainer minWidth={least} type="native" tabIndex={0} role="region" aria-label={label}>
      <Table verticalSpacing={7} highlightOnHover aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, place) => (
              <Table.Th key={place} w={column.width} style={{ whiteSpace: "nowrap" }} ta={column.number ? "right" : undefined}>
                {column.head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map((column, place) => (
                <Table.Td key={place} className={column.number ? "ff-number" : undefined}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
