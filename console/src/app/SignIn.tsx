import { Alert, Button, Card, Center, Group, PasswordInput, Stack, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import { signIn, signOut } from "@/api/session";
import { saying } from "@/parts/Failure";
import { signInWords as words } from "@/words/shell";

/** Signing in with the installation's token. */
export function SignIn({ entered }: { entered: () => void }) {
  const [given, setGiven] = useState("");
  const trial = useMutation({
    mutationFn: async () => {
      signIn(given.trim());
      await answer(api.GET("/api/v1/pauses"));
    },
    onSuccess: entered,
    onError: signOut,
  });
  const wrong = trial.error instanceof Problem && trial.error.status === 401;
  function submit(event: FormEvent) {
    event.preventDefault();
    trial.mutate();
  }
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder p="xl" w={380} maw="100%">
        <form onSubmit={submit}>
          <Stack>
            <Group gap="sm">
              <img src="/fieldfare.svg" alt="" width={36} height={36} />
              <Title order={1} size="h3">
                {words.title}
              </Title>
            </Group>
            <PasswordInput
              label={words.token}
              description={words.tokenHelp}
              value={given}
              onChange={(event) => setGiven(event.currentTarget.value)}
              required
              data-autofocus
            />
            {trial.isError && <Alert color="red">{wrong ? words.wrong : saying(trial.error)}</Alert>}
            <Button type="submit" loading={trial.isPending}>
              {words.enter}
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
