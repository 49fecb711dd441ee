import { useState } from "react";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Filter } from "@/parts/Filter";
import { Instant } from "@/parts/Instant";
import { Pager } from "@/parts/Pager";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { userWords as words } from "@/words/users";

import { came, didWhat } from "./told";

/** Who did what, the newest first. */
export function Acts() {
  const [actor, setActor] = useState("");
  const [cursors, setCursors] = useState<(number | null)[]>([null]);
  const cursor = cursors[cursors.length - 1] ?? null;
  const query = { limit: 50, ...(actor === "" ? {} : { actor }), ...(cursor === null ? {} : { cursor }) };
  const found = useAsk<components["schemas"]["ActsView"]>(["acts", query], () => api.GET("/api/v1/access/acts", { params: { query } }), { keep: true });
  return (
    <Panel>
      <Filter label={words.act.actor} value={actor} maw={280} take={(next) => (setActor(next), setCursors([null]))} />
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
                { head: words.act.act, cell: (each) => <span title={each.act}>{didWhat(each.act)}</span> },
                { head: words.act.what, cell: (each) => each.what },
                { head: words.act.status, cell: (each) => came(each.status) },
              ]}
            />
            <Pager hasNewer={cursors.length > 1} hasOlder={next !== null} newer={() => setCursors((all) => all.slice(0, -1))} older={() => setCursors((all) => [...all, next])} />
          </>
        )}
      </Asked>
    </Panel>
  );
}
