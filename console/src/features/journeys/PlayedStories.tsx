import { Accordion, Alert, Badge, Code, Group, Stack, Text, Title } from "@mantine/core";

import { Rows } from "@/parts/Rows";
import { journeyWords } from "@/words/journeys";

import { type Outcome, type Story, unheard } from "./played";

const words = journeyWords.tests;

function Came({ line }: { line: Outcome }) {
  if (line.holds === null) return <Text size="sm" className="ff-quiet">{words.happens}</Text>;
  return <Badge variant="light" color={line.holds ? "green" : "red"}>{line.holds ? words.yes : words.no}</Badge>;
}

function One({ story }: { story: Story }) {
  const silent = unheard(story);
  return (
    <Stack gap="xs">
      {silent.length > 0 && <Alert color="red" title={words.unheard}>{silent.map((each) => <Text key={each} size="sm">{each}</Text>)}</Alert>}
      <Rows
        label={story.title}
        rows={story.outcomes.map((line, place) => ({ line, place }))}
        rowKey={({ place }) => place}
        least={240}
        columns={[
          { head: words.line.said, cell: ({ line }) => <><Text size="xs" className="ff-quiet">{line.at}</Text>{line.said}{line.instead !== "" && <Text size="sm" fw={600}>{line.instead}</Text>}</> },
          { head: words.line.holds, cell: ({ line }) => <Came line={line} /> },
        ]}
      />
      {!story.passes && (
        <>
          <Text size="sm" fw={600}>{words.happened}</Text>
          <Code block tabIndex={0}>{story.happened.join("\n") || words.nothing}</Code>
        </>
      )}
    </Stack>
  );
}

/** How stories went by some files; those that went otherwise are open. */
export function PlayedStories({ title, stories }: { title: string; stories: Story[] | null }) {
  if (stories === null) return null;
  const good = stories.filter((each) => each.passes).length;
  const keyOf = (place: number) => String(place);
  const open = stories.flatMap((each, place) => (each.passes ? [] : [keyOf(place)]));
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Title order={3} size="h5">{title}</Title>
        <Badge color={good === stories.length ? "green" : "red"}>{words.held(good, stories.length)}</Badge>
      </Group>
      <Accordion multiple defaultValue={open} order={4} variant="separated">
        {stories.map((story, place) => (
          <Accordion.Item key={place} value={keyOf(place)}>
            <Accordion.Control>
              <Group gap="xs">
                <Badge variant="light" color={story.passes ? "green" : "red"}>{story.passes ? words.passes : words.fails}</Badge>
                <Text size="sm">{story.title}</Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel><One story={story} /></Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Stack>
  );
}
