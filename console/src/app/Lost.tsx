import { Alert, Code, Stack, Text } from "@mantine/core";

import { Screen } from "@/parts/Screen";
import { shell } from "@/words/shell";

export function NotFound() {
  return <Screen title={shell.notFound} what={shell.notFoundDo}>{null}</Screen>;
}

export function Crashed({ error }: { error: unknown }) {
  return (
    <Alert color="red" title={shell.crashed} role="alert">
      <Stack gap="xs">
        <Text size="sm">{shell.crashedDo}</Text>
        <Code block>{error instanceof Error ? error.message : String(error)}</Code>
      </Stack>
    </Alert>
  );
}
