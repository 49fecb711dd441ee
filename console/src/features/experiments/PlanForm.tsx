import { ActionIcon, Button, Fieldset, Group, MultiSelect, NativeSelect, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";

import { set } from "@/parts/yaml";
import { experimentWords } from "@/words/experiments";

import type { Choices } from "./text";

const words = experimentWords.plan;
const LOOKS = Object.entries(words.looks).map(([value, label]) => ({ value, label }));
type Values = Record<string, unknown>;

interface Props {
  text: string;
  setText: (text: string) => void;
  plan: Values;
  choices: Choices;
}

function told(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function listed(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function mapping(of: unknown): Values {
  return typeof of === "object" && of !== null && !Array.isArray(of) ? (of as Values) : {};
}

/** Looks at planned times stand as a mapping; the form chooses among their kinds. */
function lookOf(plan: Values): string {
  const spending = mapping(plan.looks).spending;
  return typeof spending === "string" ? spending : told(plan.looks || "fixed");
}

function Rails({ plan, put, choices }: { plan: Values; put: (key: string, value: unknown) => void; choices: Choices }) {
  const rails = Array.isArray(plan.guardrails) ? plan.guardrails.map(mapping) : [];
  const change = (place: number, next: Values) => put("guardrails", rails.map((each, other) => (other === place ? next : each)));
  return (
    <Fieldset legend={words.guardrails} p="xs">
      <Stack gap="xs">
        {rails.map((each, place) => (
          <Group key={place} gap="xs" align="flex-end">
            <Select label={words.metric} data={choices.metrics} value={told(each.metric) || null} onChange={(metric) => change(place, { ...each, metric: metric ?? "" })} allowDeselect={false} />
            <TextInput label={words.worseBy} w={120} value={told(each.worse_by)} onChange={(event) => change(place, { ...each, worse_by: event.currentTarget.value })} />
            <ActionIcon variant="subtle" color="red" aria-label={`${words.dropRail}: ${told(each.metric)}`} onClick={() => put("guardrails", rails.filter((_, other) => other !== place))}>
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button size="compact-sm" variant="light" onClick={() => put("guardrails", [...rails, { metric: choices.metrics[0] ?? "", worse_by: "1 %" }])}>{words.addRail}</Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

/** What is registered beforehand: what is compared, what counts, when one may look, what must not happen. */
export function PlanForm({ text, setText, plan, choices }: Props) {
  const put = (key: string, value: unknown) => setText(set(text, key, value ?? undefined));
  const written = (key: string) => (event: { currentTarget: { value: string } }) => put(key, event.currentTarget.value);
  const number = (key: string) => (next: number | string) => put(key, next === "" ? undefined : Number(next));
  const chooseLook = (next: string) => put("looks", next === "fixed" || next === "always" ? next : { spending: next, at: ["25 %", "50 %", "75 %", "100 %"] });
  return (
    <Stack gap="sm">
      <Select label={words.journey} description={words.journeyHelp} data={choices.journeys} value={told(plan.journey) || null} onChange={(next) => put("journey", next)} searchable nothingFoundMessage={words.noJourney} inputWrapperOrder={["label", "description", "input", "error"]} />
      <Textarea label={words.hypothesis} value={told(plan.hypothesis)} onChange={written("hypothesis")} autosize minRows={2} />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select label={words.primary} data={choices.metrics} value={told(plan.metric) || null} onChange={(next) => put("metric", next)} nothingFoundMessage={words.noMetric} />
        <TextInput label={words.smallest} description={words.smallestHelp} value={told(plan.smallest_effect)} onChange={written("smallest_effect")} inputWrapperOrder={["label", "input", "description"]} />
        <Select label={words.northStar} data={choices.metrics} value={told(plan.north_star) || null} onChange={(next) => put("north_star", next)} clearable />
        <MultiSelect label={words.supporting} data={choices.metrics} value={listed(plan.supporting)} onChange={(next) => put("supporting", next)} />
        <NativeSelect label={words.look} data={LOOKS} value={lookOf(plan)} onChange={(event) => chooseLook(event.currentTarget.value)} />
        <NumberInput label={words.units} value={typeof plan.units === "number" ? plan.units : ""} min={1} onChange={number("units")} />
        <TextInput type="date" label={words.start} value={told(plan.start)} onChange={written("start")} />
        <TextInput type="date" label={words.stop} value={told(plan.stop)} onChange={written("stop")} />
        <MultiSelect label={words.segments} data={choices.traits} value={listed(plan.segments)} onChange={(next) => put("segments", next)} searchable />
        <TextInput label={words.owner} value={told(plan.owner)} onChange={written("owner")} />
      </SimpleGrid>
      <Rails plan={plan} put={put} choices={choices} />
    </Stack>
  );
}
