import { Button, Group, MultiSelect, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { Asked } from "@/parts/Asked";
import { Refused } from "@/parts/Failure";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { userWords } from "@/words/users";

import { type Policy, usePolicy, useRoles } from "./ask";

const words = userWords.policy;

function Form({ policy }: { policy: Policy }) {
  const [told, setTold] = useState(policy);
  const roles = useRoles();
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: () => answer(api.PUT("/api/v1/access/policy", { body: told })),
    onSuccess: async () => {
      notifications.show({ message: words.saved, color: "green" });
      await queries.invalidateQueries({ queryKey: ["access-policy"] });
    },
  });
  return (
    <Panel>
      <MultiSelect
        label={words.factor}
        data={roles.data?.map((each) => ({ value: each.role, label: worded(each.role) })) ?? []}
        value={told.second_factor ?? []}
        onChange={(next) => setTold({ ...told, second_factor: next as NonNullable<Policy["second_factor"]> })}
      />
      <Group>
        <TextInput label={words.idle} value={told.idle} onChange={(event) => setTold({ ...told, idle: event.currentTarget.value })} />
        <TextInput label={words.longest} value={told.longest} onChange={(event) => setTold({ ...told, longest: event.currentTarget.value })} />
      </Group>
      {saving.isError && <Refused of={saving.error} />}
      <Group>
        <Button onClick={() => saving.mutate()} loading={saving.isPending}>{words.save}</Button>
      </Group>
    </Panel>
  );
}

/** How people sign in. */
export function PolicyTab() {
  const query = usePolicy();
  return <Asked query={query}>{(policy) => <Form policy={policy} />}</Asked>;
}
