import { Group, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { nowWords as words } from "@/words/now";

import type { Now } from "./model";

const WAYS: Record<string, { to: string; tab: string }> = {
  approvals: { to: "/tasks", tab: "approvals" },
  reviews: { to: "/tasks", tab: "reviews" },
  tasks: { to: "/tasks", tab: "tasks" },
  tasks_due: { to: "/tasks", tab: "tasks" },
  identity: { to: "/data", tab: "identity" },
  dead_letters: { to: "/data", tab: "letters" },
  season_proposals: { to: "/seasons", tab: "proposals" },
  versions: { to: "/changes", tab: "history" },
};

/** What waits for somebody, each with the way there. */
export function Needs({ now }: { now: UseQueryResult<Now> }) {
  return (
    <Panel title={words.people}>
      <Asked query={now}>
        {({ waiting }) => {
          const open = waiting.filter((each) => each.count > 0);
          if (open.length === 0) return <Empty title={words.nothing} what={words.nothingDo} />;
          return open.map(({ what, count, is_more: isMore }) => {
            const way = WAYS[what] ?? { to: "/", tab: "" };
            return (
              <Group key={what} gap="xs">
                <Text fw={650} w={56} ta="right" className="ff-number">{whole(count)}{isMore && "+"}</Text>
                <To to={way.to} search={{ tab: way.tab }}>{words.needs[what] ?? worded(what)}</To>
              </Group>
            );
          });
        }}
      </Asked>
    </Panel>
  );
}
