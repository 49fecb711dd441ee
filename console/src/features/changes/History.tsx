import { Badge, Group } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { changeWords as words } from "@/words/changes";

import type { Version } from "./model";

/** Versions, the newest first. */
export function History() {
  const call = () => api.GET("/api/v1/workspace/versions", { params: { query: { limit: 100 } } });
  const query = useAsk<Version[]>(["versions"], call);
  return (
    <Asked query={query}>
      {(versions) => (
        <Rows
          label={words.title}
          rows={versions}
          rowKey={(each) => each.version}
          least={680}
          columns={[
            { head: words.history.version, cell: (each) => <To to={`/changes/${each.version}`}>{words.versionOf(each.version)}</To> },
            {
              head: words.history.status,
              cell: (each) => (
                <Group gap={4}>
                  <Badge variant="light" color={each.is_in_force ? "green" : "gray"}>
                    {each.is_in_force ? words.inForce : worded(each.status)}
                  </Badge>
                </Group>
              ),
            },
            { head: words.history.at, cell: (each) => <Instant at={each.at} /> },
            { head: words.history.by, cell: (each) => each.by },
            { head: words.history.reason, cell: (each) => each.reason },
            { head: words.history.changes, cell: (each) => each.changes.join(", ") || "–" },
          ]}
        />
      )}
    </Asked>
  );
}
