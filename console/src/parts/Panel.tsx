import { Card, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title?: string;
  what?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A bordered part of a screen with its own heading. */
export function Panel({ title, what, actions, children }: Props) {
  return (
    <Card withBorder padding="md" component="section" style={{ overflow: "visible" }}>
      <Stack gap="sm">
        {(title !== undefined || actions !== undefined) && (
          <Group justify="space-between" gap="xs">
            <Title order={2} size="h4">
              {title}
            </Title>
            {actions}
          </Group>
        )}
        {what !== undefined && (
          <Text size="sm" className="ff-quiet" component="div">
            {what}
          </Text>
        )}
        {children}
      </Stack>
    </Card>
  );
}
