import { Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import { Asked } from "@/parts/Asked";
import { Chart } from "@/parts/Chart";
import { Filter } from "@/parts/Filter";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { audienceWords as words } from "@/words/audiences";

import { Estimated } from "./Estimated";
import { type Day, useBreakdown, useGrowth } from "./ask";

function Growth({ days, audience }: { days: Day[]; audience: string }) {
  const option = useMemo(
    () => ({
      tooltip: { trigger: "axis" },
      legend: { top: 0, data: [words.size, words.joined, words.left] },
      grid: { left: 48, right: 48, top: 34, bottom: 28 },
      xAxis: { type: "category", data: days.map((each) => each.day) },
      yAxis: [{ type: "value", name: "", scale: true }, { type: "value", splitLine: { show: false } }],
      series: [
        { name: words.size, type: "line", showSymbol: false, data: days.map((each) => each.size) },
        { name: words.left, type: "bar", yAxisIndex: 1, stack: "moves", data: days.map((each) => -each.left) },
        { name: words.joined, type: "bar", yAxisIndex: 1, stack: "moves", data: days.map((each) => each.joined) },
      ],
    }),
    [days],
  );
  return <Chart option={option} label={words.growthLabel(audience)} height={320} />;
}

export function GrowthTab({ audience }: { audience: string }) {
  const query = useGrowth(audience);
  return (
    <Panel>
      <Asked query={query}>{({ days }) => <Growth days={days} audience={audience} />}</Asked>
    </Panel>
  );
}

export function ByTab({ audience, by }: { audience: string; by: string }) {
  const query = useBreakdown(audience, by);
  const navigate = useNavigate();
  function set(next: string) {
    if (next !== "" && next !== by) void navigate({ to: "/audiences/$audience", params: { audience }, search: { tab: "breakdown", by: next }, replace: true });
  }
  return (
    <Stack>
      <Filter label={words.by} description={words.byWhat} value={by} maw={320} take={set} />
      <Asked query={query}>
        {({ values, ...told }) => (
          <>
            <Estimated {...told} />
            <Rows
              label={words.tabs.breakdown}
              rows={values}
              rowKey={(each) => String(each.value)}
              columns={[
                { head: words.value.value, cell: (each) => (each.value === null ? words.noValue : String(each.value)) },
                { head: words.value.members, number: true, cell: (each) => whole(each.members) },
                { head: words.value.share, number: true, cell: (each) => percent(each.share) },
                { head: words.value.of, number: true, cell: (each) => percent(each.share_of_value) },
              ]}
            />
          </>
        )}
      </Asked>
    </Stack>
  );
}
