import { Alert, Button, Grid, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { useDraft } from "@/parts/draft";
import { Panel } from "@/parts/Panel";
import { audienceWords } from "@/words/audiences";

import { RootBuilder } from "./Builder";
import { Counted } from "./Counted";
import { NamesContext, useAllNames } from "./names";
import { reading } from "./read";
import { conditionOf, pathOf, readFile, valueOf, withCondition, withValue } from "./text";

const words = audienceWords.editor;
const MONOSPACE = { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } };

function Words({ text, setText }: { text: string; setText: (text: string) => void }) {
  const file = readFile(text);
  return (
    <Group grow>
      {(["description", "owner"] as const).map((key) => (
        <TextInput
          key={key}
          label={words[key]}
          disabled={file.broken}
          value={valueOf(file, key)}
          onChange={(event) => setText(withValue(text, key, event.currentTarget.value))}
        />
      ))}
    </Group>
  );
}

/** The builder, its plain reading, who would be in it, and the YAML beside it; either side can be edited. */
export function Editor({ name, start, size, isNew }: { name: string; start: string; size?: number; isNew: boolean }) {
  const [text, setText] = useState(start);
  const names = useAllNames();
  const { keep } = useDraft();
  const navigate = useNavigate();
  const file = useMemo(() => readFile(text), [text]);
  const condition = conditionOf(file);
  function save() {
    keep(pathOf(name), text);
    notifications.show({ message: words.kept, color: "green" });
    void navigate({ to: "/changes", search: { tab: "draft" } });
  }
  return (
    <NamesContext value={names}>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Panel title={words.condition}>
              <Words text={text} setText={setText} />
              {file.broken && <Alert color="ochre">{words.broken}</Alert>}
              {!file.broken && condition === null && <Alert color="slate">{words.sql}</Alert>}
              {condition !== null && <RootBuilder value={condition} onChange={(next) => setText(withCondition(text, next))} />}
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Panel>
              <Counted name={name} text={text} size={size} />
              <Group gap="xs">
                <Button onClick={save} disabled={file.broken || (!isNew && text === start)}>
                  {words.keep}
                </Button>
                {!isNew && (
                  <Button variant="subtle" color="red" onClick={() => (keep(pathOf(name), null), void navigate({ to: "/changes", search: {} }))}>
                    {words.remove}
                  </Button>
                )}
              </Group>
            </Panel>
            {condition !== null && (
              <Panel title={words.reading}>
                <Stack gap={2}>
                  {reading(condition).map((each, place) => (
                    <Text key={place} size="sm" pl={each.depth * 16}>
                      {each.text}
                    </Text>
                  ))}
                </Stack>
              </Panel>
            )}
            <Panel>
              <Textarea
                label={words.yaml}
                description={words.yamlHelp}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
                autosize
                minRows={10}
                maxRows={30}
                spellCheck={false}
                styles={MONOSPACE}
              />
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
    </NamesContext>
  );
}
