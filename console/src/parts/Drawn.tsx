import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { ChartProps } from "./Chart";

echarts.use([BarChart, LineChart, CustomChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");

/** The colours of words and lines in both themes; series name their own. */
function themed(dark: boolean) {
  const text = dark ? "#c9d1d9" : "#3b4650";
  const line = dark ? "#3b4148" : "#d8dee5";
  const axis = { axisLabel: { color: text }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } } };
  return {
    color: dark ? ["#7fa8d1", "#f2b75c", "#7fd49a", "#ff9d9d"] : ["#3b5f84", "#b87208", "#1d6b3a", "#b02525"],
    textStyle: { color: text },
    legend: { textStyle: { color: text } },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: axis,
  };
}

/** Draws with ECharts, as SVG. */
export default function Drawn({ option, label, height = 280, dark }: ChartProps & { dark: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return undefined;
    const chart = echarts.init(place.current, themed(dark), { renderer: "svg" });
    chart.setOption({ animation: !STILL.matches, ...option });
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [option, dark]);
  return <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
