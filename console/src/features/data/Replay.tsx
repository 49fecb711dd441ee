import { Button, Group, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Refused } from "@/parts/Failure";
import { Panel } from "@/parts/Panel";
import { dataWords } from "@/words/data";

import { Replayed } from "./Replayed";
import { bodyOf, EMPTY, hasFound, type Job, type Selection } from "./replay";

const words = dataWords.replay;
const BY = Object.entries(words.bys).map(([value, label]) => ({ value, label }));

/** Accepted events read again under the definitions of now: first what it would change, then the replay. */
export function Replay() {
  const [chosen, setChosen] = useState<Selection>(EMPTY);
  const [planned, setPlanned] = useState<string | null>(null);
  const queries = useQueryClient();
  const job = useAsk<Job>(["replay"], () => api.GET("/api/v1/replay"), { every: 2_000 });
  const isRunning = job.data?.state === "running";
  const start = async (dry: boolean) => {
    await answer(api.POST("/api/v1/replay", { body: bodyOf(chosen, dry) as never }));
    await queries.invalidateQueries({ queryKey: ["replay"] });
  };
  const plan = useMutation({ mutationFn: () => start(true), onSuccess: () => setPlanned(JSON.stringify(chosen)) });
  const isPlanned = planned === JSON.stringify(chosen) && job.data?.state === "done" && job.data.report?.dry_run === true && hasFound(job.data);
  const field = (name: keyof Selection, help?: string) => (
    <TextInput label={words[name]} description={help} value={chosen[name]} autoComplete="off" onChange={(event) => setChosen({ ...chosen, [name]: event.currentTarget.value })} />
  );
  return (
    <Panel title={words.title} what={words.what}>
      <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
        {field("from", words.fromHelp)}
        {field("to", words.toHelp)}
        <Select label={words.by} description={words.byHelp} data={BY} value={chosen.by} allowDeselect={false} onChange={(next) => setChosen({ ...chosen, by: next ?? "received" })} />
        {field("source")}
        {field("event")}
        {field("profile")}
      </SimpleGrid>
      <Group>
        <Allowed needs="data.repair" label={words.plan} size="xs">
          <Button size="xs" variant="default" loading={plan.isPending} disabled={isRunning} onClick={() => plan.mutate()}>{words.plan}</Button>
        </Allowed>
        {isPlanned && (
          <ActButton needs="data.repair" label={words.start} what={words.startWhat} done={words.started} stale={[["replay"]]} reasoned="never" button={{ variant: "filled" }} act={() => start(false)} />
        )}
      </Group>
      {plan.isError && <Refused of={plan.error} />}
      {job.data !== undefined && <Replayed job={job.data} />}
    </Panel>
  );
}
