import { Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { states } from "@/words/shell";
import { userWords as words } from "@/words/users";

/** Who did what, the newest first. */
export function Acts() {
  const [actor, setActor] = useState("");
  const [cursors, setCursors] = useState<(number | null)[]>([null]);
  const cursor = cursors[cursors.length - 1] ?? null;
  const query = { limit: 50, ...(actor === "" ? {} : { actor }), ...(cursor === null ? {} : { cursor }) };
  const found = useAsk<components["schemas"]["ActsView"]>(["acts", query], () => api.GET("/api/v1/access/acts", { params: { query } }), { keep: true });
  return (
    <Panel>
      <TextInput label={words.act.actor} defaultValue={actor} maw={280} onBlur={(event) => (setActor(event.currentTarget.value.trim()), setCursors([null]))} />
      <Asked query={found}>
        {({ acts, next }) => (
          <>
            <Rows
              label={words.tabs.acts}
              rows={acts}
              rowKey={(each) => each.seq}
              columns={[
                { head: words.act.at, cell: (each) => <Instant at={each.at} /> },
                { head: words.act.actor, cell: (each) => each.actor },
                { head: words.act.act, cell: (each) => each.act },
                { head: words.act.what, cell: (each) => each.what },
                { head: words.act.status, number: true, cell: (each) => each.status },
              ]}
            />
            <Group>
              {cursors.length > 1 && <Button size="xs" variant="default" onClick={() => setCursors((all) => all.slice(0, -1))}>{states.newer}</Button>}
              {next !== null && <Button size="xs" variant="default" onClick={() => setCursors((all) => [...all, next])}>{states.older}</Button>}
            </Group>
          </>
        )}
      </Asked>
    </Panel>
  );
}
