import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Session } from "@/api/session";
import { saying } from "@/parts/Failure";
import { signInWords as words } from "@/words/shell";

import { Door } from "./Door";

const CODE_NEEDED = "second_factor_needed";

/** Signing in with a password, and a code where somebody has a second factor. */
export function SignIn({ session, entered }: { session: Session; entered: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const trial = useMutation({
    mutationFn: () => answer<Session>(api.POST("/api/v1/session", { body: { name, password, ...(code === "" ? {} : { code }) } })),
    onSuccess: entered,
  });
  const asksCode = trial.error instanceof Problem && trial.error.code === CODE_NEEDED;
  return (
    <Door title={words.title} what={session.needs_set_up ? words.needsSetUp : undefined} submit={() => trial.mutate()}>
      <TextInput label={words.name} value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" required />
      <PasswordInput label={words.password} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required />
      {(asksCode || code !== "") && (
        <TextInput label={words.code} value={code} onChange={(event) => setCode(event.currentTarget.value)} autoComplete="one-time-code" inputMode="numeric" required autoFocus />
      )}
      {trial.isError && <Alert color={asksCode ? "slate" : "red"} role="alert">{asksCode ? words.codeNeeded : saying(trial.error)}</Alert>}
      <Button type="submit" loading={trial.isPending}>{words.enter}</Button>
      {session.single_sign_on !== null && (
        <Button component="a" href="/api/v1/session/oidc" variant="default">{words.through(session.single_sign_on)}</Button>
      )}
    </Door>
  );
}
