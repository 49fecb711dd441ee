import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Screen } from "@/parts/Screen";
import { taskWords as words } from "@/words/tasks";

import { Approvals } from "./Approvals";
import { Reviews } from "./Reviews";
import { TaskList } from "./TaskList";

/** Work for people: tasks, approvals, answers to read. Made for a phone too. */
export function TasksPage() {
  const { tab = "tasks" } = useSearch({ from: "/tasks" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/tasks", search: { tab: next ?? "tasks" } })}>
        <Tabs.List mb="md">
          {Object.entries(words.tabs).map(([name, label]) => (
            <Tabs.Tab key={name} value={name}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="tasks">
          <TaskList />
        </Tabs.Panel>
        <Tabs.Panel value="approvals">
          <Approvals />
        </Tabs.Panel>
        <Tabs.Panel value="reviews">
          <Reviews />
        </Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
