import { Alert, Grid, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { RootBuilder } from "@/parts/conditions/Builder";
import { NamesContext, useAllNames } from "@/parts/conditions/names";
import { reading } from "@/parts/conditions/read";
import type { Begun } from "@/parts/draft";
import { KeepDraft } from "@/parts/KeepDraft";
import { Panel } from "@/parts/Panel";
import { readFile, set } from "@/parts/yaml";
import { audienceWords } from "@/words/audiences";

import { Counted } from "./Counted";
import { conditionOf, pathOf, valueOf, withCondition } from "./text";

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
          onChange={(event) => setText(set(text, key, event.currentTarget.value))}
        />
      ))}
    </Group>
  );
}

/** The builder, its plain reading, who would be in it, and the YAML beside it; either side can be edited. */
export function Editor({ name, begun, size }: { name: string; begun: Begun; size?: number }) {
  const [from] = useState(begun);
  const { start, isNew } = from;
  const [text, setText] = useState(start);
  const names = useAllNames();
  const navigate = useNavigate();
  const file = useMemo(() => readFile(text), [text]);
  const condition = conditionOf(file);
  const toPlan = () => void navigate({ to: "/changes", search: { tab: "draft" } });
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
                <KeepDraft path={pathOf(name)} from={from} text={text} disabled={file.broken || (!isNew && text === start)} kept={toPlan} />
                {!isNew && <KeepDraft path={pathOf(name)} from={from} text={null} label={words.remove} variant="subtle" color="red" kept={toPlan} />}
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
