import { Accordion, Alert, Badge, Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useActor } from "@/parts/actor";
import { Asked } from "@/parts/Asked";
import { Diff } from "@/parts/Diff";
import { differing, type Draft, overlaid, useDraft } from "@/parts/draft";
import { Empty } from "@/parts/Empty";
import { difference } from "@/parts/lines";
import { Panel } from "@/parts/Panel";
import { type Plan, planOf } from "@/parts/plan";
import { useWorkspace, type Workspace } from "@/parts/workspace";
import { changeWords as words } from "@/words/changes";

import { Planned } from "./Planned";

function how(workspace: Workspace, path: string, text: string | null): string {
  if (text === null) return words.removed;
  return path in workspace.files ? words.changed : words.added;
}

function Files({ workspace, changes, drop, clear }: { workspace: Workspace; changes: Draft; drop: (path: string) => void; clear: () => void }) {
  return (
    <Panel title={words.files} actions={<Button size="xs" variant="default" onClick={clear}>{words.dropAll}</Button>}>
      <Accordion multiple>
        {Object.entries(changes).map(([path, text]) => (
          <Accordion.Item key={path} value={path}>
            <Accordion.Control>
              <Group gap="xs">
                <Text size="sm" fw={600}>{path}</Text>
                <Badge variant="light" tt="none">{how(workspace, path, text)}</Badge>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="xs">
                <Diff text={difference(workspace.files[path] ?? "", text ?? "")} />
                <Group>
                  <Button size="xs" variant="default" onClick={() => drop(path)}>{words.drop}</Button>
                </Group>
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Panel>
  );
}

function Apply({ plan, files, trigger, done }: { plan: Plan; files: Record<string, string>; trigger: boolean; done: () => void }) {
  return (
    <ActButton
      label={words.apply}
      what={
        <>
          {words.applyWhat} {words.nextStart}
        </>
      }
      done={plan.risk.waits ? words.appliedWaits : words.applied}
      stale={[["workspace"], ["versions"], ["now"]]}
      button={{ variant: "filled", size: "sm", disabled: !plan.has_changes }}
      act={async ({ actor, reason }) => {
        const body = { files, by: actor, reason, base: plan.base ?? 0, only: [], trigger_on_change: trigger };
        await answer(api.POST("/api/v1/workspace/apply", { body }));
        done();
      }}
    />
  );
}

/** What is edited: its differences, the plan, and applying it. */
export function DraftTab() {
  const workspace = useWorkspace();
  const { draft, drop, clear } = useDraft();
  const actor = useActor();
  const [trigger, setTrigger] = useState(false);
  const changes = workspace.data === undefined ? {} : differing(workspace.data.files, draft);
  const some = Object.keys(changes).length > 0;
  const files = overlaid(workspace.data?.files ?? {}, changes);
  const plan = useQuery({
    queryKey: ["plan", workspace.data?.version, changes, trigger],
    queryFn: () => planOf(files, actor, [], trigger),
    enabled: some,
  });
  return (
    <Asked query={workspace}>
      {(found) =>
        some ? (
          <Stack>
            <Files workspace={found} changes={changes} drop={drop} clear={clear} />
            <Panel title={words.plan} what={words.planWhat}>
              {plan.isFetching && plan.data === undefined && <Text size="sm">{words.planning}</Text>}
              <Asked query={plan}>
                {(planned) => (
                  <Stack>
                    <Planned plan={planned} />
                    <Checkbox
                      checked={trigger}
                      onChange={(event) => setTrigger(event.currentTarget.checked)}
                      label={words.trigger}
                      description={words.triggerHelp}
                    />
                    <Alert color="slate">{words.nextStart}</Alert>
                    <Group>
                      <Apply plan={planned} files={files} trigger={trigger} done={clear} />
                    </Group>
                  </Stack>
                )}
              </Asked>
            </Panel>
          </Stack>
        ) : (
          <Empty title={words.empty} what={words.emptyDo} />
        )
      }
    </Asked>
  );
}
