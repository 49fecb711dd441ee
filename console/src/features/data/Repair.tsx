import { Button, Code, Group, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Allowed } from "@/parts/Allowed";
import { Refused } from "@/parts/Failure";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Told } from "@/parts/Told";
import { dataWords as words } from "@/words/data";

import type { LetterFilter } from "./Letters";

interface Tried {
  matched: number;
  passing: number;
  examples: { place: string; outcome: string; detail: string; before: unknown; after: unknown }[];
}

const EXAMPLE = '[{"op": "add", "path": "/userId", "value": "m-17"}]';

/** The patch as a list, or nothing when it is none. */
function listOf(text: string): Record<string, unknown>[] | null {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? (found as Record<string, unknown>[]) : null;
  } catch {
    return null;
  }
}

/** A patch, tried before it is applied. */
export function Repair({ filter }: { filter: LetterFilter }) {
  const [text, setText] = useState("");
  const isWritten = text.trim() !== "";
  const patch = isWritten ? listOf(text) : null;
  const repair = (apply: boolean) =>
    answer<Tried>(api.POST("/api/v1/dead-letters/repair", { body: { ...filter, patch: patch ?? [], apply, examples: 3, reveal: false } as never }));
  const trial = useMutation({ mutationFn: () => repair(false) });
  return (
    <Panel title={words.repair} what={words.repairWhat}>
      <Textarea label={words.patch} description={words.patchHelp(EXAMPLE)} value={text} onChange={(event) => setText(event.currentTarget.value)} error={isWritten && patch === null ? words.patchWrong : undefined} autosize minRows={2} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }} />
      <Group>
        <Allowed needs="data.repair" label={words.tryIt} size="xs" variant="default">
          <Button size="xs" variant="default" onClick={() => trial.mutate()} loading={trial.isPending} disabled={patch === null}>{words.tryIt}</Button>
        </Allowed>
        {(trial.data?.passing ?? 0) > 0 && (
          <ActButton needs="data.repair" label={words.send} done={words.sent} stale={[["letters"], ["now"]]} button={{ variant: "filled" }} reasoned="never" act={() => repair(true)} />
        )}
      </Group>
      {trial.isError && <Refused of={trial.error} />}
      {trial.data !== undefined && (
        <Stack gap="xs">
          <Text size="sm" fw={600}>{words.tried(trial.data.passing, trial.data.matched)}</Text>
          {trial.data.examples.map((each) => (
            <SimpleGrid key={each.place} cols={{ base: 1, md: 2 }}>
              <div><Text size="xs">{words.before}</Text><Code block tabIndex={0}>{JSON.stringify(each.before, null, 1)}</Code></div>
              <div><Text size="xs">{words.after}: {worded(each.outcome)}</Text><Code block tabIndex={0}>{each.after === null ? words.nothingAfter : JSON.stringify(each.after, null, 1)}</Code>{each.detail !== "" && <Text size="sm"><Told text={each.detail} /></Text>}</div>
            </SimpleGrid>
          ))}
        </Stack>
      )}
    </Panel>
  );
}
