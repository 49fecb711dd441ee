import { Alert, Code, CopyButton, Button, Group, Text } from "@mantine/core";

import { states } from "@/words/shell";

/** Something that is shown this once. */
export function Secret({ title, what, value }: { title: string; what: string; value: string }) {
  return (
    <Alert color="ochre" title={title}>
      <Text size="sm">{what}</Text>
      <Group gap="xs" mt="xs">
        <Code style={{ overflowWrap: "anywhere" }}>{value}</Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? states.copied : states.copy}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
