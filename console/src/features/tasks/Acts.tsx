import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useActor } from "@/parts/actor";
import { Allowed } from "@/parts/Allowed";
import { saying } from "@/parts/Failure";
import { To } from "@/parts/To";
import { taskWords as words } from "@/words/tasks";

import { type Task, whose } from "./model";

type Act = "take" | "give-back" | "done";

function ask(task: string, act: Act, actor: string) {
  const asked = { params: { path: { task } }, body: { actor } };
  if (act === "take") return answer(api.POST("/api/v1/tasks/{task}/take", asked));
  if (act === "give-back") return answer(api.POST("/api/v1/tasks/{task}/give-back", asked));
  return answer(api.POST("/api/v1/tasks/{task}/done", asked));
}

/** What can be done with an open task: take it; done or given back by who has it; taken from somebody else. */
export function Acts({ task }: { task: Task }) {
  const queries = useQueryClient();
  const actor = useActor();
  const doing = useMutation({
    mutationFn: (act: Act) => ask(task.id, act, actor),
    onSuccess: (_, act) => notifications.show({ message: words.did[act], color: "green" }),
    onError: (failure) => notifications.show({ message: saying(failure), color: "red" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tasks"] }), // refused: somebody was faster, which is shown
  });
  const is = whose(task, actor);
  if (is === "decide") {
    return (
      <Text size="sm">
        <To to="/tasks" search={{ tab: "reviews" }}>
          {words.decide}
        </To>
      </Text>
    );
  }
  const does = (act: Act) => ({ onClick: () => doing.mutate(act), loading: doing.isPending && doing.variables === act, disabled: doing.isPending });
  return (
    <Group gap="sm">
      {is === "free" && (
        <Allowed needs="people.edit" label={words.take}>
          <Button {...does("take")}>{words.take}</Button>
        </Allowed>
      )}
      {is === "mine" && (
        <Allowed needs="people.edit" label={words.finish}>
          <Button {...does("done")}>{words.finish}</Button>
          <Button variant="default" {...does("give-back")}>{words.giveBack}</Button>
        </Allowed>
      )}
      {is === "theirs" && (
        <ActButton
          needs="people.edit"
          label={words.takeOver}
          what={words.takeOverWhat(task.assignee ?? "")}
          done={words.did.take}
          reasoned="never"
          stale={[["tasks"]]}
          button={{ size: "sm" }}
          act={(signed) => answer(api.POST("/api/v1/tasks/{task}/take", { params: { path: { task: task.id } }, body: { actor: signed.actor, over: task.assignee } }))}
        />
      )}
      {is !== "free" && <Text size="sm">{is === "mine" ? words.mine : words.has(task.assignee ?? "")}</Text>}
    </Group>
  );
}
