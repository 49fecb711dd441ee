import { Button, type ButtonProps, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";

import type { Permission } from "@/api/session";
import { mayNot } from "@/words/permissions";
import { acts } from "@/words/shell";

import { useActor } from "./actor";
import { ShutButton } from "./Allowed";
import { Refused } from "./Failure";
import { useMay } from "./session";

export interface Signed {
  actor: string;
  reason: string;
}

/** An act may be durable before it is applied, which takes a moment: what it makes stale is asked for again. */
const LATER_MS = [1_000, 4_000];

interface Props {
  label: string;
  /** What the act needs. Whoever may not finds the button shut, with the reason. */
  needs: Permission;
  title?: string;
  what?: ReactNode;
  /** What is said when it is done. */
  done: string;
  act: (signed: Signed) => Promise<unknown>;
  /** Answers that this act makes stale; each is the beginning of a key. */
  stale?: readonly (readonly unknown[])[];
  /** Whether a reason must be given, may be, or would be kept nowhere and is not asked for. */
  reasoned?: "must" | "may" | "never";
  children?: ReactNode;
  button?: ButtonProps & { "aria-label"?: string };
}

/** An act that is on record: asks for the reason, does it, says that it is done or why it is not. */
export function ActButton({ label, needs, title, what, done, act, stale = [], reasoned = "must", children, button }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const actor = useActor();
  const may = useMay(needs);
  const doing = useMutation({
    mutationFn: () => act({ actor, reason: reason.trim() }),
    onSuccess: async () => {
      close();
      setReason("");
      notifications.show({ message: done, color: "green" });
      const ask = () => Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [...key] })));
      await ask();
      for (const wait of LATER_MS) setTimeout(() => void ask(), wait);
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    doing.mutate();
  }
  if (!may) return <ShutButton size="xs" variant="default" {...button} label={label} why={mayNot(needs)} />;
  return (
    <>
      <Button size="xs" variant="default" {...button} onClick={() => (doing.reset(), open())}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title ?? label} centered>
        <form onSubmit={submit}>
          <Stack>
            {what !== undefined && (
              <Text size="sm" component="div">
                {what}
              </Text>
            )}
            {children}
            {reasoned !== "never" && (
              <Textarea
                label={acts.reason}
                description={acts.reasonHelp}
                required={reasoned === "must"}
                autosize
                minRows={2}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
              />
            )}
            {doing.isError && <Refused of={doing.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {acts.cancel}
              </Button>
              <Button type="submit" loading={doing.isPending} color={button?.color}>
                {label}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
