import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";

import { Chart } from "@/parts/Chart";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useCurrency } from "@/parts/session";
import { experimentWords } from "@/words/experiments";

import { gapOption, lastGapOf } from "./gaps";
import type { PlaceCourse } from "./model";

const words = experimentWords.gaps;

function One({ gap }: { gap: PlaceCourse }) {
  const currency = useCurrency();
  const option = useMemo(() => gapOption(gap, currency), [gap, currency]);
  const told = lastGapOf(gap, currency);
  return (
    <Stack gap={4}>
      <Text fw={600} size="sm">{worded(gap.place)}</Text>
      <Chart option={option} label={`${words.title}, ${worded(gap.place)}. ${told}`} height={300} />
      <Text size="sm">{told}</Text>
    </Stack>
  );
}

/** How each place moved away from what others make of it; weaker evidence, and the band is no interval. */
export function GapsPanel({ gaps }: { gaps: PlaceCourse[] }) {
  if (gaps.length === 0) return null;
  return (
    <Panel title={words.title} what={words.what}>
      {gaps.map((each) => <One key={each.place} gap={each} />)}
    </Panel>
  );
}
