import { Alert, Button, Grid, Group, Menu, Stack, Tabs, Text, Textarea } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { NamesContext, useAllNames } from "@/parts/conditions/names";
import type { Begun } from "@/parts/draft";
import { KeepDraft } from "@/parts/KeepDraft";
import { Panel } from "@/parts/Panel";
import { readFile, values } from "@/parts/yaml";
import { journeyWords } from "@/words/journeys";

import { Canvas } from "./Canvas";
import { Checked } from "./Checked";
import { EntryForm } from "./EntryForm";
import { ENTRY, type GraphNode, graphOf } from "./graph";
import { RemoveButtons, StepForm } from "./StepForm";
import { blank, inner, KINDS, type Place, type Step } from "./steps";
import { insert, move, pathOf, remove, replace, stepsOf } from "./text";

const words = journeyWords.editor;

interface Spot {
  label: string;
  into: Place;
  at: number;
}

/** Where a step can be added beside the chosen one: below it, and in each of its own lists. */
function spots(node: GraphNode | undefined, step: Step | undefined): Spot[] {
  if (node === undefined || node.id === ENTRY) return [{ label: words.addFirst, into: ["steps"], at: 0 }];
  const at = node.place[node.place.length - 1];
  const below: Spot[] = typeof at === "number" ? [{ label: words.add, into: node.place.slice(0, -1), at: at + 1 }] : [];
  const inside = step === undefined ? [] : inner(step, node.place, node.path);
  return [...below, ...inside.map((each) => ({ label: `${words.addInto} “${each.label}”`, into: each.place, at: 0 }))];
}

function Add({ spot, add }: { spot: Spot; add: (spot: Spot, kind: (typeof KINDS)[number]) => void }) {
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="light">{spot.label}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => add(spot, kind)}>
            {journeyWords.step.kinds[kind]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A journey on the canvas, in forms and as YAML; any of them can be edited. */
export function Editor({ name, begun }: { name: string; begun: Begun }) {
  const [from] = useState(begun);
  const { start, isNew } = from;
  const [text, setText] = useState(start);
  const [chosen, setChosen] = useState<string | null>(ENTRY);
  const navigate = useNavigate();
  const names = useAllNames();
  const file = useMemo(() => readFile(text), [text]);
  const graph = useMemo(() => graphOf(String(Object.entries((values(file).entry as object | undefined) ?? {})[0]?.join(" ") ?? ""), stepsOf(file)), [file]);
  const node = graph.nodes.find((each) => each.id === chosen);
  const step = node === undefined || node.id === ENTRY || file.broken || node.place.length === 0 ? undefined : readStep(values(file), node.place);
  function add(spot: Spot, kind: (typeof KINDS)[number]) {
    setText(insert(text, spot.into, spot.at, blank(kind)));
    setChosen([...spot.into, spot.at].join("."));
  }
  return (
    <NamesContext value={names}>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <div className="ff-stays">{file.broken ? <Alert color="ochre">{words.broken}</Alert> : <Canvas graph={graph} chosen={chosen} choose={setChosen} />}</div>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <Panel>
              <Checked name={name} text={text} isSame={text === start && !isNew} />
              <Group>
                <KeepDraft path={pathOf(name)} from={from} text={text} disabled={file.broken || (!isNew && text === start)} kept={() => void navigate({ to: "/changes", search: { tab: "draft" } })} />
              </Group>
            </Panel>
            <Panel>
              <Tabs defaultValue="form" keepMounted={false}>
                <Tabs.List mb="sm">
                  <Tabs.Tab value="form">{words.chosen}</Tabs.Tab>
                  <Tabs.Tab value="yaml">{words.yaml}</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="form">
                  <Stack gap="sm">
                    <Group gap="xs">
                      {spots(node, step).map((each) => (
                        <Add key={each.label} spot={each} add={add} />
                      ))}
                    </Group>
                    {chosen === ENTRY && !file.broken && <EntryForm text={text} setText={setText} />}
                    {step !== undefined && node !== undefined && (
                      <>
                        <StepForm key={node.id} step={step} take={(next) => setText(replace(text, node.place, next))} />
                        <RemoveButtons
                          up={() => setText(move(text, node.place, -1))}
                          down={() => setText(move(text, node.place, 1))}
                          remove={() => (setText(remove(text, node.place)), setChosen(ENTRY))}
                        />
                      </>
                    )}
                    {chosen !== ENTRY && step === undefined && <Text size="sm">{words.choose}</Text>}
                  </Stack>
                </Tabs.Panel>
                <Tabs.Panel value="yaml">
                  <Textarea
                    aria-label={words.yaml}
                    value={text}
                    onChange={(event) => setText(event.currentTarget.value)}
                    autosize
                    minRows={14}
                    maxRows={34}
                    spellCheck={false}
                    styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
                  />
                </Tabs.Panel>
              </Tabs>
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
    </NamesContext>
  );
}

function readStep(of: unknown, place: Place): Step | undefined {
  const found = place.reduce<unknown>((held, each) => (held as Record<string | number, unknown> | undefined)?.[each], of);
  return typeof found === "object" && found !== null ? (found as Step) : undefined;
}
