import { Table } from "@mantine/core";

import { Asked } from "@/parts/Asked";
import { percent, whole } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { audienceWords as words } from "@/words/audiences";

import { useOverlap } from "./ask";
import { Estimated } from "./Estimated";

/** How many are in each two of all audiences; the darker, the larger the share of the row's audience. */
export function OverlapAll() {
  const query = useOverlap();
  return (
    <Asked query={query}>
      {({ audiences, both, ...told }) => (
        <>
          <Estimated {...told} />
          <Table.ScrollContainer minWidth={760} type="native" tabIndex={0} role="region" aria-label={words.overlapAll}>
            <Table aria-label={words.overlapAll} fz="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{words.overlap.other}</Table.Th>
                  {audiences.map((each) => (
                    <Table.Th key={each.audience} style={{ writingMode: "vertical-rl" }}>{each.audience}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {audiences.map((row, place) => (
                  <Table.Tr key={row.audience}>
                    <Table.Th scope="row"><To to={`/audiences/${row.audience}`} fz="xs">{row.audience}</To></Table.Th>
                    {(both[place] ?? []).map((count, column) => {
                      const share = row.size === 0 ? 0 : count / row.size;
                      const tint = `color-mix(in srgb, var(--mantine-primary-color-filled) ${Math.round(share * 35)}%, transparent)`;
                      return (
                        <Table.Td key={column} className="ff-number" style={{ background: tint }}>
                          {whole(count)}
                        </Table.Td>
                      );
                    })}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </>
      )}
    </Asked>
  );
}

/** How one audience overlaps with the others, the largest first. */
export function OverlapOf({ audience }: { audience: string }) {
  const query = useOverlap();
  return (
    <Asked query={query}>
      {({ audiences, both, ...told }) => {
        const mine = audiences.findIndex((each) => each.audience === audience);
        const size = audiences[mine]?.size ?? 0;
        const rows = audiences
          .map((each, place) => ({ ...each, both: both[mine]?.[place] ?? 0 }))
          .filter((each) => each.audience !== audience)
          .sort((one, other) => other.both - one.both);
        return (
          <>
            <Estimated {...told} />
            <Rows
              label={words.overlapWith}
              rows={rows}
              rowKey={(each) => each.audience}
              columns={[
                { head: words.overlap.other, cell: (each) => <To to={`/audiences/${each.audience}`}>{each.audience}</To> },
                { head: words.overlap.size, number: true, cell: (each) => whole(each.size) },
                { head: words.overlap.both, number: true, cell: (each) => whole(each.both) },
                { head: words.overlap.share, number: true, cell: (each) => percent(size === 0 ? 0 : each.both / size) },
              ]}
            />
          </>
        );
      }}
    </Asked>
  );
}
