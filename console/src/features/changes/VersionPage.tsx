import { Badge, Group, NumberInput, Stack, Text } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { answer, api } from "@/api/client";
import { ActButton, type Signed } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Diff } from "@/parts/Diff";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { ScreenOf } from "@/parts/ScreenOf";
import { To } from "@/parts/To";
import { Told } from "@/parts/Told";
import { changeWords as words } from "@/words/changes";

import type { WholeVersion } from "./model";

const STALE = [["workspace"], ["versions"], ["now"]];
const WAITING = "waiting";

function Differences({ version, against }: { version: number; against: number }) {
  const params = { path: { version }, query: { against } };
  const call = () => api.GET("/api/v1/workspace/versions/{version}/diff", { params });
  const query = useAsk<{ files: { file: string; diff: string }[] }>(["versions", version, "diff", against], call);
  return (
    <Asked query={query}>
      {({ files }) =>
        files.length === 0 ? (
          <Text size="sm">{words.noDiff}</Text>
        ) : (
          files.map((each) => (
            <Stack key={each.file} gap={4}>
              <Text size="sm" fw={600}>{each.file}</Text>
              <Diff text={each.diff} />
            </Stack>
          ))
        )
      }
    </Asked>
  );
}

function Acts({ version }: { version: WholeVersion }) {
  const path = { version: version.version };
  const signed = ({ actor, reason }: Signed) => ({ by: actor, reason });
  if (version.status === WAITING) {
    return (
      <>
        <ActButton
          needs="workspace.approve"
          label={words.approve}
          done={words.approved}
          stale={STALE}
          button={{ variant: "filled" }}
          act={(who) => answer(api.POST("/api/v1/workspace/versions/{version}/approve", { params: { path }, body: signed(who) }))}
        />
        <ActButton
          needs="workspace.approve"
          label={words.reject}
          done={words.rejected}
          stale={STALE}
          act={(who) => answer(api.POST("/api/v1/workspace/versions/{version}/reject", { params: { path }, body: signed(who) }))}
        />
      </>
    );
  }
  if (version.is_in_force) return null;
  return (
    <ActButton
      needs="workspace.apply"
      label={words.rollback}
      what={words.rollbackWhat}
      done={words.rolledBack}
      stale={STALE}
      act={(who) => answer(api.POST("/api/v1/workspace/rollback", { body: { version: version.version, only: [], ...signed(who) } }))}
    />
  );
}

/** One version: what changed, by whom and why; differences from another; going back. */
export function VersionPage() {
  const { version: asked } = useParams({ from: "/changes/$version" });
  const { against } = useSearch({ from: "/changes/$version" });
  const navigate = useNavigate();
  const number = Number(asked);
  const call = () => api.GET("/api/v1/workspace/versions/{version}", { params: { path: { version: number } } });
  const query = useAsk<WholeVersion>(["versions", number], call);
  return (
    <ScreenOf query={query} title={words.versionOf(asked)} above={<To to="/changes" search={{ tab: "history" }}>{words.tabs.history}</To>}>
      {(found) => {
        const other = against === undefined ? (found.base ?? 0) : Number(against);
        return (
          <Screen
            title={words.versionOf(found.version)}
            above={<To to="/changes" search={{ tab: "history" }}>{words.tabs.history}</To>}
            what={
              <Group gap="xs">
                <Badge variant="light" color={found.is_in_force ? "green" : "gray"}>
                  {found.is_in_force ? words.inForce : worded(found.status)}
                </Badge>
                <span>{found.by}</span>
                <Instant at={found.at} />
                <span>{found.reason}</span>
                {found.restores !== null && words.restores(found.restores)}
              </Group>
            }
            actions={<Acts version={found} />}
          >
            <Panel title={words.things}>
              {found.changes.length === 0 && <Text size="sm">{words.first}</Text>}
              {found.changes.map((each) => (
                <div key={each.thing}>
                  <Text size="sm" fw={600}>{each.thing} ({each.how})</Text>
                  {each.what.map((line) => (
                    <Text key={line} size="sm" className="ff-quiet"><Told text={line} /></Text>
                  ))}
                </div>
              ))}
            </Panel>
            {(found.base !== null || against !== undefined) && <Panel title={words.files2}>
              <NumberInput
                label={words.diffAgainst}
                value={other}
                min={1}
                maw={220}
                onChange={(next) => void navigate({ to: "/changes/$version", params: { version: asked }, search: { against: String(next) }, replace: true })}
              />
              {other >= 1 && other !== number && <Differences version={number} against={other} />}
            </Panel>}
            <Panel title={words.steps}>
              <Rows
                label={words.steps}
                rows={found.steps}
                rowKey={(each) => each.status + each.at}
                columns={[
                  { head: words.history.status, cell: (each) => worded(each.status) },
                  { head: words.history.at, cell: (each) => <Instant at={each.at} /> },
                  { head: words.history.by, cell: (each) => each.by },
                  { head: words.history.reason, cell: (each) => each.reason },
                ]}
              />
            </Panel>
          </Screen>
        );
      }}
    </ScreenOf>
  );
}
