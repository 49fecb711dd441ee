import { Group, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { nowWords as words } from "@/words/now";

import { type Status, sum } from "./model";

/** What waits for somebody, each with the way there. */
export function Needs({ status }: { status: UseQueryResult<Status> }) {
  const questions = useAsk<{ holds: unknown[] }>(["now", "holds"], () => api.GET("/api/v1/identity/holds"), { every: 30_000 });
  const tasks = useAsk<{ open: Record<string, number> }>(["now", "tasks"], () => api.GET("/api/v1/tasks"), { every: 30_000 });
  return (
    <Panel title={words.people}>
      <Asked query={status}>
        {(found) => {
          const needs = [
            [sum(found.dead_letters), words.needs.dead, "/data", "letters"],
            [questions.data?.holds.length ?? 0, words.needs.questions, "/data", "identity"],
            [sum(found.gate.queue), words.needs.approvals, "/tasks", "approvals"],
            [found.consent.open_reviews, words.needs.reviews, "/tasks", "reviews"],
            [sum(tasks.data?.open ?? {}), words.needs.tasks, "/tasks", "tasks"],
            [found.workspace.waiting.length, words.needs.versions, "/changes", "history"],
          ] as const;
          const open = needs.filter(([count]) => count > 0);
          if (open.length === 0) return <Empty title={words.nothing} what={words.nothingDo} />;
          return open.map(([count, what, to, tab]) => (
            <Group key={what} gap="xs">
              <Text fw={650} w={48} ta="right" className="ff-number">
                {whole(count)}
              </Text>
              <To to={to} search={{ tab }}>
                {what}
              </To>
            </Group>
          ));
        }}
      </Asked>
    </Panel>
  );
}
