import { Card, Center, Group, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect } from "react";

import { shell } from "@/words/shell";

/** The frame of the pages before the console. */
export function Door({ title, what, submit, children }: { title: string; what?: ReactNode; submit: () => void; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${shell.name}`;
  }, [title]);
  function send(event: FormEvent) {
    event.preventDefault();
    submit();
  }
  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder p="xl" w={420} maw="100%">
        <form onSubmit={send}>
          <Stack>
            <Group gap="sm" wrap="nowrap">
              <img src="/fieldfare.svg" alt="" width={36} height={36} />
              <Title order={1} size="h3">{title}</Title>
            </Group>
            {what !== undefined && <Text size="sm" component="div">{what}</Text>}
            {children}
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
