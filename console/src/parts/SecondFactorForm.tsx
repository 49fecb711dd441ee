import { Anchor, Button, Code, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { signInWords as words } from "@/words/shell";

import { Refused } from "./Failure";

type Begun = components["schemas"]["SecondFactorView"];

/** Setting up an authenticator app: its secret, and a code that shows it works. */
export function SecondFactorForm({ done }: { done: () => void }) {
  const begun = useQuery({
    queryKey: ["second-factor"],
    queryFn: () => answer<Begun>(api.POST("/api/v1/session/second-factor")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const confirm = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/session/second-factor/confirm", { body: { secret: begun.data?.secret ?? "", code, password } })),
    onSuccess: done,
  });
  return (
    <Stack>
      {begun.isError && <Refused of={begun.error} />}
      {begun.data !== undefined && (
        <Text size="sm" component="div">
          {words.factorSecret} <Code>{begun.data.secret}</Code> <Anchor href={begun.data.address}>{words.factorOpen}</Anchor>
        </Text>
      )}
      <TextInput label={words.code} value={code} onChange={(event) => setCode(event.currentTarget.value)} inputMode="numeric" autoComplete="one-time-code" required />
      <PasswordInput label={words.password} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" />
      {confirm.isError && <Refused of={confirm.error} />}
      <Button onClick={() => confirm.mutate()} loading={confirm.isPending} disabled={code === ""}>{words.factorConfirm}</Button>
    </Stack>
  );
}
