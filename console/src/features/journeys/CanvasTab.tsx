import { Group, Select, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import { Asked } from "@/parts/Asked";
import { readFile } from "@/parts/yaml";
import { journeyWords as words } from "@/words/journeys";

import { type GraphView, type Journey, useGraph } from "./ask";
import { Canvas } from "./Canvas";
import { drawn, graphOf } from "./graph";
import { stepsOf } from "./text";

function Drawn({ view, entry, text }: { view: GraphView; entry: string; text: string }) {
  const graph = useMemo(() => drawn(view, entry, graphOf(entry, view.is_in_force ? stepsOf(readFile(text)) : [])), [view, entry, text]);
  const counts = useMemo(() => new Map(view.nodes.map((each) => [each.id, each.standing])), [view]);
  return <Canvas graph={graph} counts={counts} />;
}

/** The journey as it is walked now: who stands where, who went which way; also of a version that is only walked out. */
export function CanvasTab({ journey, text, version }: { journey: Journey; text: string; version: string | undefined }) {
  const navigate = useNavigate();
  const query = useGraph(journey.journey, version);
  const walked = [...new Set([journey.version, ...journey.standing.map((each) => each.version)])];
  const shown = walked.map((value) => ({ value, label: value === journey.version ? words.versionNow(value) : value }));
  return (
    <Asked query={query} lines={8}>
      {(view) => (
        <Stack gap="xs">
          <Group justify="space-between" align="flex-end">
            <Text size="sm" className="ff-quiet">{words.counted(view.days)}</Text>
            {walked.length > 1 && (
              <Select
                label={words.version}
                data={shown}
                value={view.version}
                allowDeselect={false}
                onChange={(next) => void navigate({ to: "/journeys/$journey", params: { journey: journey.journey }, search: next === journey.version ? {} : { version: next ?? "" } })}
              />
            )}
          </Group>
          <Drawn key={view.version} view={view} entry={journey.enters_by} text={text} />
        </Stack>
      )}
    </Asked>
  );
}
