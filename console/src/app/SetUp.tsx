import { Anchor, Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Refused } from "@/parts/Failure";
import { signInWords as words } from "@/words/shell";

import { Door } from "./Door";

type Link = components["schemas"]["LinkView"];

/** A one-time link: the first owner, an invited user, or somebody who forgot. Its secret is behind the sign #. */
export function SetUp() {
  const token = window.location.hash.slice(1);
  const link = useQuery({ queryKey: ["link"], queryFn: () => answer<Link>(api.POST("/api/v1/links/look", { body: { token } })), retry: false });
  const [name, setName] = useState("");
  const [shown, setShown] = useState("");
  const [password, setPassword] = useState("");
  const isFirst = link.data?.name === null;
  const setting = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/links/redeem", { body: { token, password, ...(isFirst ? { name, display_name: shown } : {}) } })),
    onSuccess: () => window.location.replace("/"),
  });
  if (link.isError) {
    return (
      <Door title={words.linkTitle} submit={() => undefined}>
        <Refused of={link.error} />
        <Anchor href="/" size="sm">{words.title}</Anchor>
      </Door>
    );
  }
  return (
    <Door title={isFirst ? words.firstTitle : words.linkTitle} what={isFirst ? words.firstWhat : words.linkWhat(link.data?.name ?? "")} submit={() => setting.mutate()}>
      {isFirst && (
        <>
          <TextInput label={words.name} description={words.nameHelp} value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" required />
          <TextInput label={words.displayName} value={shown} onChange={(event) => setShown(event.currentTarget.value)} autoComplete="name" />
        </>
      )}
      <PasswordInput label={words.newPassword} description={words.newPasswordHelp} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="new-password" required />
      {setting.isError && <Refused of={setting.error} />}
      <Button type="submit" loading={setting.isPending} disabled={link.data === undefined}>{words.setPassword}</Button>
    </Door>
  );
}
