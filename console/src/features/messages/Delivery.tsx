import { Stack } from "@mantine/core";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useMay } from "@/parts/session";
import { useSql } from "@/parts/sql";
import { messageWords } from "@/words/messages";

import { Reported } from "./Reported";

const words = messageWords.delivery;
const OUTCOMES = "SELECT channel, template, outcome, count(*) AS many FROM messages GROUP BY ALL ORDER BY channel, template, outcome";

interface Outcome {
  channel: string;
  template: string;
  outcome: string;
  many: number;
}

interface Failed {
  counts: { channel: string; status: string; count: number; [key: string]: unknown }[];
  messages: { id: string; channel: string; status: string; at?: string; [key: string]: unknown }[];
}

/** How handing over went, and messages that were given up. */
export function Delivery() {
  const mayAsk = useMay("lake.query");
  const outcomes = useSql<Outcome>(["delivery"], OUTCOMES, mayAsk);
  const failed = useAsk<Failed>(["messages", "failed"], () => api.GET("/api/v1/messages/failed"));
  return (
    <Stack>
      <Reported />
      <Panel
        title={words.failed}
        actions={
          (failed.data?.messages.length ?? 0) > 0 && (
            <ActButton
              needs="messages.send"
              label={words.resend}
              what={words.resendWhat}
              done={words.resent}
              stale={[["messages"]]}
              act={({ actor, reason }) =>
                answer(api.POST("/api/v1/messages/replay", { body: { actor, reason, ids: failed.data?.messages.map((each) => each.id) ?? [], within: "1 day", even_unknown: false, apply: true } }))
              }
            />
          )
        }
      >
        <Asked query={failed}>
          {({ messages }) =>
            messages.length === 0 ? (
              <Empty title={words.failedNone} what={words.failedNoneDo} />
            ) : (
              <Rows
                label={words.failed}
                rows={messages}
                rowKey={(each) => each.id}
                columns={[
                  { head: words.channel, cell: (each) => each.channel },
                  { head: words.outcome, cell: (each) => worded(each.status) },
                  { head: words.template, cell: (each) => String(each.template ?? "") },
                ]}
              />
            )
          }
        </Asked>
      </Panel>
      {mayAsk && <Panel title={words.outcomes}>
        <Asked query={outcomes}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty title={words.none} what={words.noneDo} />
            ) : (
              <Rows
                label={words.outcomes}
                rows={rows}
                rowKey={(each) => each.channel + each.template + each.outcome}
                columns={[
                  { head: words.channel, cell: (each) => each.channel },
                  { head: words.template, cell: (each) => each.template },
                  { head: words.outcome, cell: (each) => worded(each.outcome) },
                  { head: words.count, number: true, cell: (each) => whole(each.many) },
                ]}
              />
            )
          }
        </Asked>
      </Panel>}
    </Stack>
  );
}
