import { Accordion, Alert, Badge, Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import { ActButton } from "@/parts/ActButton";
import { useActor } from "@/parts/actor";
import { Asked, Loading } from "@/parts/Asked";
import { Diff } from "@/parts/Diff";
import { differing, type Draft, NO_DRAFT, overlaid, PASSED, useDraft } from "@/parts/draft";
import { Empty } from "@/parts/Empty";
import { difference } from "@/parts/lines";
import { Panel } from "@/parts/Panel";
import { type Plan, planOf } from "@/parts/plan";
import { SureButton } from "@/parts/SureButton";
import { useWorkspace, type Workspace } from "@/parts/workspace";
import { changeWords as words } from "@/words/changes";

import { Planned } from "./Planned";

/** Of an act that fails all is said where it is done, but that another tab was faster: the new draft is on the screen then. */
function said(doing: Promise<unknown>) {
  doing.catch((failure: unknown) => {
    if (failure instanceof Problem && failure.code === PASSED) notifications.show({ message: words.passedHere, color: "ochre" });
  });
}

function how(workspace: Workspace, path: string, text: string | null): string {
  if (text === null) return words.removed;
  return path in workspace.files ? words.changed : words.added;
}

function Files({ workspace, changes, drop, clear }: { workspace: Workspace; changes: Draft; drop: (path: string) => void; clear: () => void }) {
  return (
    <Panel title={words.files} actions={<SureButton size="xs" variant="default" label={words.dropAll} what={words.dropAllWhat(Object.keys(changes).length)} act={clear} />}>
      <Accordion multiple>
        {Object.entries(changes).map(([path, text]) => (
          <Accordion.Item key={path} value={path}>
            <Accordion.Control>
              <Group gap="xs">
                <Text size="sm" fw={600}>{path}</Text>
                <Badge variant="light">{how(workspace, path, text)}</Badge>
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

/** Files that a version changed since one's drafts of them began; each is looked at, once that version `isShown`, before one goes on. */
function Stale({ paths, version, isShown, look }: { paths: string[]; version: number; isShown: boolean; look: (path: string) => void }) {
  return (
    <Alert color="ochre" title={words.stale}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{words.staleDo}</Text>
        {paths.map((path) => (
          <Button key={path} size="xs" variant="default" disabled={!isShown} onClick={() => look(path)}>{words.looked(path, version)}</Button>
        ))}
      </Stack>
    </Alert>
  );
}

/** What the server holds of one's drafts after an apply stays: a version that waits for an approval keeps them. */
function Apply({ plan, files, trigger, isReady }: { plan: Plan; files: Record<string, string>; trigger: boolean; isReady: boolean }) {
  return (
    <ActButton
      needs="workspace.apply"
      label={words.apply}
      what={
        <>
          {words.applyWhat} {words.nextStart}
        </>
      }
      done={plan.risk.waits ? words.appliedWaits : words.applied}
      stale={[["workspace"], ["drafts"], ["versions"], ["now"]]}
      button={{ variant: "filled", size: "sm", disabled: !plan.has_changes || !isReady }}
      act={async ({ actor, reason }) => {
        const body = { files, by: actor, reason, base: plan.base ?? 0, only: [], trigger_on_change: trigger };
        await answer(api.POST("/api/v1/workspace/apply", { body }));
      }}
    />
  );
}

/** What is edited: its differences, the plan, and applying it. */
export function DraftTab() {
  const workspace = useWorkspace();
  const { draft, bases, version, stale, isLoading, keep, drop, clear } = useDraft();
  const queries = useQueryClient();
  const actor = useActor();
  const [trigger, setTrigger] = useState(false);
  const changes = workspace.data === undefined ? {} : differing(workspace.data.files, draft);
  const outdated = stale.filter((path) => path in changes);
  const some = Object.keys(changes).length > 0;
  const files = overlaid(workspace.data?.files ?? {}, changes);
  const plan = useQuery({
    queryKey: ["plan", workspace.data?.version, changes, trigger],
    queryFn: () => planOf(files, actor, [], trigger),
    enabled: some,
  });
  const seen = workspace.data?.version;
  const isOne = seen === version && seen === (plan.data?.base ?? 0);
  useEffect(() => {
    // What is compared here must be of one version: another one was put in force since the files were read.
    if (seen !== undefined && version !== undefined && (seen !== version || (plan.isSuccess && !isOne))) void Promise.all([queries.invalidateQueries({ queryKey: ["workspace"] }), queries.invalidateQueries({ queryKey: ["drafts"] })]);
  }, [queries, seen, version, isOne, plan.isSuccess]);
  return (
    <Asked query={workspace}>
      {(found) =>
        isLoading ? (
          <Loading />
        ) : some ? (
          <Stack>
            {outdated.length > 0 && <Stale paths={outdated} version={found.version} isShown={seen === version} look={(path) => said(keep(path, changes[path] ?? null, { base: found.version, over: bases[path]?.mark ?? NO_DRAFT }))} />}
            <Files workspace={found} changes={changes} drop={(path) => said(drop(path))} clear={() => said(clear())} />
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
                      <Apply plan={planned} files={files} trigger={trigger} isReady={isOne && outdated.length === 0} />
                      {outdated.length > 0 && <Text size="sm">{words.staleFirst}</Text>}
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
