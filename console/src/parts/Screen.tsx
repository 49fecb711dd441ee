import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

import { shell } from "@/words/shell";

interface Props {
  title: string;
  what?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every screen: what it is called, what it is for, what can be done. */
export function Screen({ title, what, above, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · ${shell.name}`;
  }, [title]);
  return (
    <Stack gap="lg" maw={1320} mx="auto" pb="xl">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} maw={820} style={{ minWidth: 0, flex: "1 1 260px" }}>
          {above}
          <Title order={1} size="h2">
            {title}
          </Title>
          {what !== undefined && (
            <Text size="sm" className="ff-quiet" component="div">
              {what}
            </Text>
          )}
        </Stack>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
