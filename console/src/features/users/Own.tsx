import { Badge, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "@/api/client";
import { Asked } from "@/parts/Asked";
import { Refused } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { SecondFactorForm } from "@/parts/SecondFactorForm";
import { useSession } from "@/parts/session";
import { userWords } from "@/words/users";

import { useOwnSessions } from "./ask";

const words = userWords.own;

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const changing = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/session/password", { body: { current, new: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      notifications.show({ message: words.changed, color: "green" });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    changing.mutate();
  }
  return (
    <Panel title={words.password}>
      <form onSubmit={submit}>
        <Stack maw={360}>
          <PasswordInput label={words.current} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} autoComplete="current-password" required />
          <PasswordInput label={words.new} value={next} onChange={(event) => setNext(event.currentTarget.value)} autoComplete="new-password" required />
          {changing.isError && <Refused of={changing.error} />}
          <Button type="submit" loading={changing.isPending}>{words.password}</Button>
        </Stack>
      </form>
    </Panel>
  );
}

function Factor() {
  const { user } = useSession();
  const [begun, setBegun] = useState(false);
  const queries = useQueryClient();
  function done() {
    setBegun(false);
    notifications.show({ message: words.factorSet, color: "green" });
    void queries.invalidateQueries({ queryKey: ["session"] });
  }
  return (
    <Panel title={words.factor}>
      {user?.has_second_factor === true && <Text size="sm">{words.factorHas}</Text>}
      {begun ? <SecondFactorForm done={done} /> : <Group><Button variant="default" onClick={() => setBegun(true)}>{words.factorBegin}</Button></Group>}
    </Panel>
  );
}

function Sessions() {
  const query = useOwnSessions();
  const queries = useQueryClient();
  const stale = () => queries.invalidateQueries({ queryKey: ["own-sessions"] });
  const ending = useMutation({
    mutationFn: (session: string | null) =>
      session === null ? answer(api.DELETE("/api/v1/session/all")) : answer(api.DELETE("/api/v1/session/all/{session}", { params: { path: { session } } })),
    onSuccess: stale,
  });
  return (
    <Panel title={words.sessions} actions={<Button size="xs" variant="default" onClick={() => ending.mutate(null)}>{words.endOthers}</Button>}>
      <Asked query={query}>
        {(sessions) => (
          <Rows
            label={words.sessions}
            rows={sessions}
            rowKey={(each) => each.id}
            columns={[
              { head: words.agent, cell: (each) => each.agent },
              { head: words.began, cell: (each) => <Instant at={each.created_at} /> },
              { head: words.seen, cell: (each) => <Instant at={each.seen_at} /> },
              { head: words.end, cell: (each) => (each.is_this ? <Badge variant="light">{words.this}</Badge> : <Button size="compact-xs" variant="default" onClick={() => ending.mutate(each.id)}>{words.end}</Button>) },
            ]}
          />
        )}
      </Asked>
    </Panel>
  );
}

/** What is one's own: password, second factor, sessions. */
export function Own() {
  return (
    <Stack>
      <Password />
      <Factor />
      <Sessions />
    </Stack>
  );
}
