import { Code, Stack, Text } from "@mantine/core";

import { Empty } from "@/parts/Empty";
import { Panel } from "@/parts/Panel";
import { journeyWords } from "@/words/journeys";

const words = journeyWords.tests;

/** The stories by which a journey is tested, and how it is simulated. */
export function Stories({ name, files }: { name: string; files: Record<string, string> }) {
  const text = files[`journeys/tests/${name}.yaml`];
  return (
    <Stack>
      <Panel title={words.stories} what={words.how}>
        <Code block>{words.command(name)}</Code>
        {text === undefined ? <Empty title={words.none} what={words.noneDo} /> : <Code block tabIndex={0}>{text}</Code>}
      </Panel>
      <Panel>
        <Text size="sm">{words.simulate}</Text>
        <Code block>{words.simulateCommand(name)}</Code>
      </Panel>
    </Stack>
  );
}
