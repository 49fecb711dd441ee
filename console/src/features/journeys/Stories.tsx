import { Alert, Button, Checkbox, Group, Progress, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { Allowed } from "@/parts/Allowed";
import { Loading } from "@/parts/Asked";
import { type Begun, begun, overlaid, useDraft } from "@/parts/draft";
import { Refused } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { KeepDraft } from "@/parts/KeepDraft";
import { percent } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { fileOf, type Played } from "./played";
import { PlayedStories } from "./PlayedStories";

const words = journeyWords.tests;
const LOOK_MS = 1_000;

function Told({ told }: { told: Played }) {
  if (told.state === "none") return null;
  if (told.state === "failed") return <Alert color="red" role="alert">{told.message}</Alert>;
  if (told.state === "running") {
    const said = words.running(told.running, percent(told.share, 0));
    return (
      <Stack gap={4}>
        <Text size="sm" aria-live="polite">{said}</Text>
        <Progress value={told.share * 100} aria-label={said} />
      </Stack>
    );
  }
  const { in_force, changed } = told.result;
  return (
    <Stack>
      <Text size="sm" className="ff-quiet" component="div">{told.is_own ? words.own : words.askedBy(told.by)}, <Instant at={told.at} /></Text>
      {in_force === null && changed === null && <Text size="sm">{words.noneHere}</Text>}
      <PlayedStories key={`changed ${told.at}`} title={words.changed} stories={changed} />
      <PlayedStories key={`in force ${told.at}`} title={words.inForce} stories={in_force} />
    </Stack>
  );
}

function StoriesText({ path, name }: { path: string; name: string }) {
  const { data: workspace } = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  const [edited, setEdited] = useState<{ text: string; from: Begun } | null>(null);
  if (workspace === undefined || isLoading) return <Loading />;
  const held = begun(workspace, { draft, bases }, path, words.first(name));
  const from = edited?.from ?? held;
  const shown = edited?.text ?? held.start;
  return (
    <>
      <Textarea label={words.text(path)} value={shown} onChange={(event) => setEdited({ text: event.currentTarget.value, from })} autosize minRows={6} maxRows={24} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <KeepDraft size="xs" path={path} text={shown} from={from} disabled={!from.isNew && shown === from.start} kept={() => setEdited(null)} />
      </Group>
    </>
  );
}

/** The stories by which a journey is tested: played by the files in force and by one's draft, line by line; and their text. */
export function Stories({ name, files }: { name: string; files: Record<string, string> }) {
  const { draft } = useDraft();
  const queries = useQueryClient();
  const [withDraft, setWithDraft] = useState(true);
  const hasDraft = Object.keys(draft).length > 0;
  const key = ["stories", name];
  const at = { params: { path: { name } } };
  const told = useQuery({
    queryKey: key,
    queryFn: () => answer<Played>(api.GET("/api/v1/journeys/{name}/stories", at)),
    refetchInterval: (query) => (query.state.data?.state === "running" ? LOOK_MS : false),
  });
  const play = useMutation({
    mutationFn: () => {
      const changes = hasDraft && withDraft ? overlaid(files, draft) : null;
      return answer<Played>(api.POST("/api/v1/journeys/{name}/stories", { ...at, body: { changes } }));
    },
    onSuccess: (found) => queries.setQueryData(key, found),
  });
  return (
    <Panel title={words.stories} what={words.how}>
      {hasDraft && <Checkbox label={words.withDraft} checked={withDraft} onChange={(event) => setWithDraft(event.currentTarget.checked)} />}
      <Group>
        <Allowed needs="workspace.draft" label={words.play}>
          <Button loading={play.isPending || told.data?.state === "running"} onClick={() => play.mutate()}>{words.play}</Button>
        </Allowed>
      </Group>
      {play.isError && <Refused of={play.error} />}
      {told.data !== undefined && <Told told={told.data} />}
      <StoriesText path={fileOf(overlaid(files, draft), name)} name={name} />
    </Panel>
  );
}
