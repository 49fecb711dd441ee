import { Alert, Button, Checkbox, Group, MultiSelect, NativeSelect, NumberInput, Progress, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "@/api/client";
import { Allowed } from "@/parts/Allowed";
import { overlaid, useDraft } from "@/parts/draft";
import { Refused } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { Simulated } from "./Simulated";
import type { AskedBy, Told } from "./simulated";

const words = journeyWords.simulate;
const KEY = ["simulation"];
const LOOK_MS = 1_000;
const POPULATIONS = Object.entries(words.populations).map(([value, label]) => ({ value, label }));
const FAULTS = Object.entries(words.faults).map(([value, label]) => ({ value, label }));

interface Asked {
  population: string;
  people: number;
  from: string;
  to: string;
  faults: string[];
  withDraft: boolean;
}

const START: Asked = { population: "generated", people: 500, from: "", to: "", faults: [], withDraft: true };

function By({ told }: { told: AskedBy }) {
  return (
    <Text size="sm" className="ff-quiet" component="div">
      {told.is_own ? words.own : words.askedBy(told.by)}, <Instant at={told.at} />. {!told.is_own && words.notYours}
    </Text>
  );
}

function Running({ told }: { told: Told }) {
  if (told.state === "failed") return <Alert color="red" role="alert">{told.message}</Alert>;
  if (told.state !== "running") return null;
  return (
    <Stack gap={4}>
      <Text size="sm" aria-live="polite">{words.running(told.running)}</Text>
      <Progress value={told.share * 100} aria-label={words.running(told.running)} />
    </Stack>
  );
}

function Form({ asked, set, hasDraft, isBusy, begin }: { asked: Asked; set: (change: Partial<Asked>) => void; hasDraft: boolean; isBusy: boolean; begin: () => void }) {
  function submit(event: FormEvent) {
    event.preventDefault();
    begin();
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
          <NativeSelect label={words.population} data={POPULATIONS} value={asked.population} onChange={(event) => set({ population: event.currentTarget.value })} />
          <NumberInput label={words.people} value={asked.people} min={1} max={1_000_000} disabled={asked.population === "real"} onChange={(next) => set({ people: Number(next) })} />
          <TextInput type="date" label={words.from} value={asked.from} onChange={(event) => set({ from: event.currentTarget.value })} />
          <TextInput type="date" label={words.to} value={asked.to} onChange={(event) => set({ to: event.currentTarget.value })} />
        </SimpleGrid>
        <MultiSelect label={words.faultsLabel} data={FAULTS} value={asked.faults} onChange={(faults) => set({ faults })} clearable />
        {hasDraft && <Checkbox label={words.withDraft} checked={asked.withDraft} onChange={(event) => set({ withDraft: event.currentTarget.checked })} />}
        <Group>
          <Allowed needs="workspace.draft" label={words.begin}>
            <Button type="submit" loading={isBusy}>{words.begin}</Button>
          </Allowed>
        </Group>
      </Stack>
    </form>
  );
}

/** Lives through a span of time with this journey, by the rules in force and by those of one's draft beside them. Nothing is sent. */
export function Simulate({ name }: { name: string }) {
  const [asked, setAsked] = useState(START);
  const { data: workspace } = useWorkspace();
  const { draft } = useDraft();
  const queries = useQueryClient();
  const told = useQuery({
    queryKey: KEY,
    queryFn: () => answer<Told>(api.GET("/api/v1/simulations")),
    refetchInterval: (query) => (query.state.data?.state === "running" ? LOOK_MS : false),
  });
  const hasDraft = Object.keys(draft).length > 0;
  const begin = useMutation({
    mutationFn: () => {
      const span = { ...(asked.from === "" ? {} : { from: asked.from }), ...(asked.to === "" ? {} : { to: asked.to }) };
      const changes = hasDraft && asked.withDraft ? overlaid(workspace?.files ?? {}, draft) : null;
      const body = { ...span, population: asked.population, people: asked.people, seed: 7, load: 1, faults: asked.faults, changes };
      return answer<Told>(api.POST("/api/v1/simulations", { body }));
    },
    onSuccess: (found) => queries.setQueryData(KEY, found),
  });
  return (
    <Panel title={words.title} what={words.what}>
      <Form asked={asked} set={(change) => setAsked({ ...asked, ...change })} hasDraft={hasDraft} isBusy={begin.isPending || told.data?.state === "running"} begin={() => begin.mutate()} />
      {begin.isError && <Refused of={begin.error} />}
      {told.data !== undefined && told.data.state !== "none" && <By told={told.data} />}
      {told.data !== undefined && <Running told={told.data} />}
      {told.data?.state === "done" && <Simulated result={told.data.result} journey={name} />}
    </Panel>
  );
}
