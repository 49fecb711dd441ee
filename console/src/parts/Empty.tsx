import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** Nothing is here: says so, and what would bring something. */
export function Empty({ title, what, children }: { title: string; what: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={4} py="lg" px="md">
      <Text fw={600}>{title}</Text>
      <Text size="sm" className="ff-quiet" ta="center" maw={520}>
        {what}
      </Text>
      {children}
    </Stack>
  );
}
