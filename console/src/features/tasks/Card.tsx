import { Badge, Group, Stack, Text } from "@mantine/core";

import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { useZones } from "@/parts/workspace";
import { taskWords as words } from "@/words/tasks";

import { Acts } from "./Acts";
import type { Task } from "./model";

/** One task: what to do, for whom, where, by when, who has it. */
export function Card({ task }: { task: Task }) {
  const zone = useZones().get(task.location ?? "");
  return (
    <Panel>
      <Stack gap={4}>
        <Group gap="xs" justify="space-between">
          <Text fw={600} component="h2" size="md">
            {task.title}
          </Text>
          {task.is_overdue && (
            <Badge color="red" variant="light">
              {words.overdue}
            </Badge>
          )}
        </Group>
        <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
          {task.text}
        </Text>
        <Group gap="xs">
          <Badge variant="light">{worded(task.list)}</Badge>
          {task.location !== null && <Text size="sm">{task.location}</Text>}
          {task.profile_id !== null && <To to={`/profiles/${task.profile_id}`}>{words.person(task.profile_id)}</To>}
          {task.due_at !== null && (
            <Text size="sm" component="div">
              {words.due} <Instant at={task.due_at} zone={zone} />
            </Text>
          )}
          {task.done_by !== null && (
            <Text size="sm" component="div">
              {words.doneBy} {task.done_by}, <Instant at={task.done_at} zone={zone} />
            </Text>
          )}
        </Group>
      </Stack>
      {task.status === "open" && <Acts task={task} />}
    </Panel>
  );
}
