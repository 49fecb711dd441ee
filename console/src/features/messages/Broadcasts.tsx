import { Badge, Stack } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { messageWords } from "@/words/messages";

import { type Broadcast, OneBroadcast } from "./OneBroadcast";

const words = messageWords.broadcast;

/** Broadcasts with their state; one opened with its plan or its progress. */
export function Broadcasts() {
  const { broadcast } = useSearch({ from: "/messages" });
  const query = useAsk<Broadcast[]>(["broadcasts", "all"], () => api.GET("/api/v1/broadcasts"), { every: 10_000 });
  return (
    <Asked query={query}>
      {(found) => {
        const chosen = found.find((each) => each.broadcast === broadcast);
        if (found.length === 0) return <Empty title={words.none} what={words.noneDo} />;
        return (
          <Stack>
            <Rows
              label={messageWords.tabs.broadcasts}
              rows={found}
              rowKey={(each) => each.broadcast + each.edition}
              columns={[
                { head: words.name, cell: (each) => <To to="/messages" search={{ tab: "broadcasts", broadcast: each.broadcast }}>{[each.broadcast, each.edition].filter(Boolean).join(" ")}</To> },
                { head: words.standing, cell: (each) => <Badge variant="light">{worded(each.standing)}</Badge> },
                { head: words.audience, cell: (each) => <To to={`/audiences/${each.audience}`}>{each.audience}</To> },
                { head: words.template, cell: (each) => each.template },
                { head: words.recipients, number: true, cell: (each) => (each.recipients === undefined ? "–" : whole(each.recipients)) },
              ]}
            />
            {chosen !== undefined && <OneBroadcast key={chosen.broadcast} row={chosen} />}
          </Stack>
        );
      }}
    </Asked>
  );
}
