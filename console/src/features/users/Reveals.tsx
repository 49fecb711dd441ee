import { useState } from "react";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Filter } from "@/parts/Filter";
import { Instant } from "@/parts/Instant";
import { Pager } from "@/parts/Pager";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { userWords as words } from "@/words/users";

/** Who was shown sealed values of whom, and why, the newest first. */
export function Reveals() {
  const [actor, setActor] = useState("");
  const [cursors, setCursors] = useState<(number | null)[]>([null]);
  const cursor = cursors[cursors.length - 1] ?? null;
  const query = { limit: 50, ...(actor === "" ? {} : { actor }), ...(cursor === null ? {} : { cursor }) };
  const found = useAsk<components["schemas"]["RevealsView"]>(["reveals", query], () => api.GET("/api/v1/access/reveals", { params: { query } }), { keep: true });
  return (
    <Panel>
      <Filter label={words.reveal.actor} value={actor} maw={280} take={(next) => (setActor(next), setCursors([null]))} />
      <Asked query={found}>
        {({ reveals, next }) => (
          <>
            {reveals.length === 0 ? (
              <Empty title={words.revealsNone} what={words.revealsNoneDo} />
            ) : (
              <Rows
                label={words.tabs.reveals}
                rows={reveals}
                rowKey={(each) => each.id}
                columns={[
                  { head: words.reveal.at, cell: (each) => <Instant at={each.at} /> },
                  { head: words.reveal.actor, cell: (each) => each.actor },
                  { head: words.reveal.person, cell: (each) => <To to={`/profiles/${each.profile_id}`}>{each.profile_id}</To> },
                  { head: words.reveal.what, cell: (each) => each.what },
                  { head: words.reveal.reason, cell: (each) => each.reason },
                ]}
              />
            )}
            <Pager hasNewer={cursors.length > 1} hasOlder={next !== null} newer={() => setCursors((all) => all.slice(0, -1))} older={() => setCursors((all) => [...all, next])} />
          </>
        )}
      </Asked>
    </Panel>
  );
}
