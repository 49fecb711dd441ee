import { Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { useActor } from "@/parts/actor";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { worded } from "@/parts/numbers";
import { useZones } from "@/parts/workspace";
import { taskWords as words } from "@/words/tasks";

import { Card } from "./Card";
import type { Found } from "./model";

/** The tasks of people, those due first before the others; the filters live in the address. */
export function TaskList() {
  const { list, status = "open", location, whose } = useSearch({ from: "/tasks" });
  const navigate = useNavigate();
  const me = useActor();
  const zones = useZones();
  const query = { status, limit: 100, ...(list ? { list } : {}), ...(location ? { location } : {}), ...(whose === "mine" ? { assignee: me } : {}) };
  const found = useAsk<Found>(["tasks", query], () => api.GET("/api/v1/tasks", { params: { query } }), { every: 20_000, keep: true });
  function set(change: Record<string, string | undefined>) {
    void navigate({ to: "/tasks", search: { tab: "tasks", list, status, location, whose, ...change }, replace: true });
  }
  const lists = Object.entries(found.data?.open ?? {}).map(([name, count]) => ({ value: name, label: `${worded(name)} (${count})` }));
  const narrowed = list !== undefined || location !== undefined || whose !== undefined;
  const empty = narrowed ? words.empty.narrowed : status === "done" ? words.empty.done : words.empty.open;
  return (
    <Stack>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Select label={words.filters.status} data={words.states} value={status} allowDeselect={false} onChange={(next) => set({ status: next ?? undefined })} />
        <Select label={words.filters.whose} data={words.whose} value={whose ?? "all"} allowDeselect={false} onChange={(next) => set({ whose: next === "mine" ? "mine" : undefined })} />
        <Select label={words.filters.list} placeholder={words.all} data={lists} value={list ?? null} clearable onChange={(next) => set({ list: next ?? undefined })} />
        <Select label={words.filters.location} placeholder={words.all} data={[...zones.keys()]} searchable value={location ?? null} clearable onChange={(next) => set({ location: next ?? undefined })} />
      </SimpleGrid>
      <Asked query={found}>
        {({ tasks, is_more }) =>
          tasks.length === 0 ? (
            <Empty title={empty.title} what={empty.what} />
          ) : (
            <>
              {tasks.map((each) => (
                <Card key={each.id} task={each} />
              ))}
              {is_more && <Text size="sm">{words.more}</Text>}
            </>
          )
        }
      </Asked>
    </Stack>
  );
}
