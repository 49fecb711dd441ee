import { Alert, Badge, Grid, Group, List, NumberInput, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Asked } from "@/parts/Asked";
import type { Begun } from "@/parts/draft";
import { KeepDraft } from "@/parts/KeepDraft";
import { Panel } from "@/parts/Panel";
import { useWorkspace } from "@/parts/workspace";
import { readFile, values } from "@/parts/yaml";
import { experimentWords } from "@/words/experiments";

import { DesignTable } from "./DesignTable";
import type { Design } from "./model";
import { PlanForm } from "./PlanForm";
import { choicesOf } from "./text";

const words = experimentWords.plan;
const REST_MS = 700;

type View = components["schemas"]["ExperimentDraftView"];

function Problems({ view }: { view: View }) {
  if (view.problems.length === 0) return <Badge color="green" variant="light">{words.fine}</Badge>;
  return (
    <Alert color="red" title={words.problems}>
      <List size="sm">
        {view.problems.map((each) => (
          <List.Item key={`${each.line} ${each.key} ${each.what}`}>{[each.what, each.why].filter(Boolean).join(": ")}. {each.fix}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Looked({ view }: { view: View }) {
  return (
    <Stack gap="xs">
      <Problems view={view} />
      {view.registered !== null && <Text size="sm">{words.registered(view.registered.version, view.registered.by)}</Text>}
      {view.amends && <Alert color="ochre">{words.amends}</Alert>}
      {view.design === null ? view.design_why !== "" && <Text size="sm" className="ff-quiet">{view.design_why}</Text> : <DesignTable design={view.design as unknown as Design} />}
    </Stack>
  );
}

/** An experiment in the making: its plan as a form and as YAML, what is wrong with it, and what it can find. */
export function Editor({ path, begun }: { path: string; begun: Begun }) {
  const [from] = useState(begun);
  const { start, isNew } = from;
  const [text, setText] = useState(start);
  const [share, setShare] = useState<number | null>(null);
  const [yaml] = useDebouncedValue(text, REST_MS);
  const [holdout] = useDebouncedValue(share === null ? null : share / 100, REST_MS);
  const navigate = useNavigate();
  const workspace = useWorkspace();
  const file = useMemo(() => readFile(text), [text]);
  const look = useQuery({
    queryKey: ["experiments", "draft", yaml, holdout],
    queryFn: () => answer<View>(api.POST("/api/v1/drafts/experiment", { body: { yaml, design: true, holdout } })),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const choices = useMemo(() => choicesOf(workspace.data?.files ?? {}), [workspace.data]);
  return (
    <Grid>
      <Grid.Col span={{ base: 12, lg: 7 }}>
        <Panel title={words.title}>
          {file.broken ? <Alert color="ochre">{words.broken}</Alert> : <PlanForm text={text} setText={setText} plan={values(file)} choices={choices} />}
        </Panel>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 5 }}>
        <Stack>
          <Panel title={experimentWords.design} what={experimentWords.designWhat}>
            <NumberInput label={experimentWords.designHoldout} value={share ?? ""} min={1} max={90} maw={200} onChange={(next) => setShare(typeof next === "number" ? next : null)} />
            <Asked query={look}>{(view) => <Looked view={view} />}</Asked>
            <Group>
              <KeepDraft path={path} from={from} text={text} disabled={file.broken || (!isNew && text === start)} kept={() => void navigate({ to: "/changes", search: { tab: "draft" } })} />
            </Group>
          </Panel>
          <Panel>
            <Textarea label={words.yaml} value={text} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={8} maxRows={30} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
          </Panel>
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
