import { Skeleton, useComputedColorScheme } from "@mantine/core";
import { lazy, Suspense } from "react";

import type { EChartsCoreOption } from "echarts/core";

const Drawn = lazy(() => import("./Drawn"));

export interface ChartProps {
  option: EChartsCoreOption;
  /** What the chart shows, for those who hear it. */
  label: string;
  height?: number;
}

/** A chart, whose library is loaded with the first one. */
export function Chart({ option, label, height = 280 }: ChartProps) {
  const scheme = useComputedColorScheme("light");
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <Drawn option={option} label={label} height={height} dark={scheme === "dark"} />
    </Suspense>
  );
}
