import { Badge, Group, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { seasonWords } from "@/words/seasons";

import { type Changed, phasesOf, told, whereNow } from "./changed";

const words = seasonWords.changes;

interface Seasons {
  places: { places: string[]; phases: string[] }[];
  changes: Changed[];
}

function One({ phase, rows, places }: { phase: string; rows: Changed[]; places: string[] }) {
  return (
    <Panel
      title={seasonWords.phaseNamed(phase)}
      what={
        <Group gap="xs">
          <Badge variant="light" color={places.length > 0 ? "green" : "gray"}>{places.length > 0 ? words.inForce : words.notNow}</Badge>
          {places.length > 0 && <span>{places.join(", ")}</span>}
        </Group>
      }
    >
      <Rows
        label={seasonWords.phaseNamed(phase)}
        rows={rows}
        rowKey={(each) => `${each.file} ${each.where} ${each.key}`}
        least={300}
        columns={[
          { head: words.topic, cell: (each) => <><b>{words.topics[each.topic] ?? each.topic}</b><Text size="sm">{each.where}</Text><Text size="xs" className="ff-quiet" style={{ overflowWrap: "anywhere" }}>{each.file}</Text></> },
          { head: words.then, cell: (each) => <><Text size="xs" className="ff-quiet">{words.keys[each.key] ?? worded(each.key)}</Text><b>{told(each.is_then)}</b></> },
          { head: words.otherwise, cell: (each) => told(each.otherwise) },
        ]}
      />
    </Panel>
  );
}

/** What of the files in force each phase changes, beside the value at other times. */
export function PhasesTab() {
  const query = useAsk<Seasons>(["seasons", "now"], () => api.GET("/api/v1/seasons"));
  return (
    <Asked query={query}>
      {({ places, changes }) =>
        changes.length === 0 ? (
          <Empty title={words.none} what={words.noneDo} />
        ) : (
          <Stack>
            <Text size="sm" className="ff-quiet">{words.what}</Text>
            {phasesOf(changes).map(({ phase, rows }) => (
              <One key={phase} phase={phase} rows={rows} places={whereNow(places, phase)} />
            ))}
          </Stack>
        )
      }
    </Asked>
  );
}
