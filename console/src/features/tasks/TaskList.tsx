import { Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { answer, api } from "@/api/client";
import { useActor } from "@/parts/actor";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { saying } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { useZones } from "@/parts/workspace";
import { taskWords as words } from "@/words/tasks";

interface Task {
  id: string;
  list: string;
  kind: string;
  status: string;
  title: string;
  text: string;
  profile_id: number | null;
  location: string | null;
  assignee: string | null;
  at: string;
  due_at: string | null;
  done_at: string | null;
  done_by: string | null;
}

function Card({ task }: { task: Task }) {
  const queries = useQueryClient();
  const actor = useActor();
  const zone = useZones().get(task.location ?? "");
  const finish = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/tasks/{task}/done", { params: { path: { task: task.id } }, body: { actor } })),
    onSuccess: async () => {
      notifications.show({ message: words.finished, color: "green" });
      await queries.invalidateQueries({ queryKey: ["tasks"] });
    },
    onError: (failure) => notifications.show({ message: saying(failure), color: "red" }),
  });
  return (
    <Panel>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Stack gap={4} style={{ minWidth: 0 }}>
          <Text fw={600}>{task.title}</Text>
          <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>{task.text}</Text>
          <Group gap="xs">
            <Badge variant="light">{task.list}</Badge>
            {task.location !== null && <Text size="sm">{task.location}</Text>}
            {task.profile_id !== null && <To to={`/profiles/${task.profile_id}`}>{words.person(task.profile_id)}</To>}
            {task.due_at !== null && (
              <Text size="sm" component="div">
                {words.due} <Instant at={task.due_at} zone={zone} />
              </Text>
            )}
            {task.done_by !== null && <Text size="sm">{words.doneBy} {task.done_by}</Text>}
          </Group>
        </Stack>
        {task.status === "open" && (
          <Allowed needs="people.edit" label={words.finish}>
            <Button onClick={() => finish.mutate()} loading={finish.isPending}>{words.finish}</Button>
          </Allowed>
        )}
      </Group>
    </Panel>
  );
}

export function TaskList() {
  const { list, status = "open", location } = useSearch({ from: "/tasks" });
  const navigate = useNavigate();
  const zones = useZones();
  const query = { status, limit: 100, ...(list ? { list } : {}), ...(location ? { location } : {}) };
  const call = () => api.GET("/api/v1/tasks", { params: { query: query as never } });
  const found = useAsk<{ open: Record<string, number>; tasks: Task[]; is_more: boolean }>(["tasks", query], call, { every: 20_000, keep: true });
  function set(change: Record<string, string | undefined>) {
    void navigate({ to: "/tasks", search: { tab: "tasks", list, status, location, ...change }, replace: true });
  }
  const lists = Object.entries(found.data?.open ?? {}).map(([name, count]) => ({ value: name, label: `${worded(name)} (${count})` }));
  return (
    <Stack>
      <Group gap="sm">
        <Select label={words.filters.list} data={lists} value={list ?? null} clearable onChange={(next) => set({ list: next ?? undefined })} />
        <Select label={words.filters.status} data={words.states} value={status} allowDeselect={false} onChange={(next) => set({ status: next ?? undefined })} />
        <Select label={words.filters.location} data={[...zones.keys()]} searchable value={location ?? null} clearable onChange={(next) => set({ location: next ?? undefined })} />
      </Group>
      <Asked query={found}>
        {({ tasks, is_more }) =>
          tasks.length === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
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
