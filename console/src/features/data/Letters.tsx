import { Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Told } from "@/parts/Told";
import { dataWords as words } from "@/words/data";
import { states } from "@/words/shell";

import { Repair } from "./Repair";

interface Letter {
  place: string;
  reason: string;
  detail: string;
  source: string;
  event: string | null;
  received_at: string;
  state: string;
}

interface Found {
  total: number;
  counts: { reason: string; source: string; event: string | null; state: string; count: number }[];
  letters: Letter[];
}

export interface LetterFilter {
  reason?: string;
  source?: string;
  event?: string;
}

const STATES = ["open", "repaired", "discarded", "expired"].map((value) => ({ value, label: worded(value) }));

/** What was not accepted: counted by reason, the newest shown, repaired or discarded together. */
export function Letters() {
  const { reason, source, event, state } = useSearch({ from: "/data" });
  const navigate = useNavigate();
  const filter: LetterFilter = { ...(reason ? { reason } : {}), ...(source ? { source } : {}), ...(event ? { event } : {}) };
  const query = { ...filter, ...(state ? { state: state as "open" } : {}), limit: 50 };
  const found = useAsk<Found>(["letters", query], () => api.GET("/api/v1/dead-letters", { params: { query } }), { keep: true });
  const set = (change: Record<string, string | undefined>) => void navigate({ to: "/data", search: { tab: "letters", reason, source, event, state, ...change }, replace: true });
  return (
    <Stack>
      <Group align="flex-end">
        <Select label={words.letter.state} data={STATES} value={state ?? null} clearable onChange={(next) => set({ state: next ?? undefined })} />
        {Object.keys(filter).length > 0 && <Button variant="default" onClick={() => set({ reason: undefined, source: undefined, event: undefined })}>{states.clear}</Button>}
      </Group>
      <Asked query={found}>
        {({ counts, letters }) => {
          const open = counts.filter((each) => each.state === "open").reduce((all, each) => all + each.count, 0);
          return counts.length === 0 ? (
            <Empty title={words.noLetters} what={words.noLettersDo} />
          ) : (
            <>
              <Panel>
                <Rows
                  label={words.tabs.letters}
                  rows={counts}
                  rowKey={(each) => each.reason + each.source + each.event + each.state}
                  columns={[
                    {
                      head: words.letter.reason,
                      cell: (each) => (
                        <Button variant="subtle" size="compact-sm" onClick={() => set({ reason: each.reason, source: each.source, event: each.event ?? undefined })}>
                          {worded(each.reason)}
                        </Button>
                      ),
                    },
                    { head: words.letter.source, cell: (each) => each.source },
                    { head: words.letter.event, cell: (each) => each.event ?? "–" },
                    { head: words.letter.state, cell: (each) => worded(each.state) },
                    { head: words.letter.count, number: true, cell: (each) => whole(each.count) },
                  ]}
                />
                {open > 0 && <Group>
                  <ActButton
                    needs="data.repair"
                    label={words.discard}
                    what={words.discardWhat(whole(open))}
                    done={words.discarded}
                    stale={[["letters"], ["now"]]}
                    button={{ color: "red", variant: "light" }}
                    act={({ reason: why }) => answer(api.POST("/api/v1/dead-letters/discard", { body: { ...filter, why, apply: true } as never }))}
                  />
                </Group>}
              </Panel>
              {open > 0 && <Repair filter={filter} />}
              <Panel>
                {letters.map((each) => (
                  <div key={each.place}>
                    <Text size="sm" fw={600} component="div">
                      {worded(each.reason)} · {each.event ?? "–"} · <Instant at={each.received_at} /> <Badge variant="light" color={each.state === "open" ? "ochre" : "gray"}>{worded(each.state)}</Badge>
                    </Text>
                    <Text size="sm"><Told text={each.detail} /></Text>
                  </div>
                ))}
              </Panel>
            </>
          );
        }}
      </Asked>
    </Stack>
  );
}
