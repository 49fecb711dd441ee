import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import { Problem } from "@/api/problem";
import { states } from "@/words/shell";

import { Told } from "./Told";

/** What to say of a failure: the API's own words, or what to do when there are none. */
export function saying(failure: unknown): string {
  if (!(failure instanceof Problem)) return failure instanceof Error ? failure.message : String(failure);
  if (failure.message !== "") return failure.message;
  if (failure.status === 0) return states.noAnswer;
  if (failure.status === 401) return states.signedOut;
  return failure.status === 403 ? states.forbidden : states.unreadable(failure.status);
}

/** Why an act was refused, beside what asked for it. */
export function Refused({ of, title }: { of: unknown; title?: string }) {
  return (
    <Alert color="red" title={title} role="alert">
      <Text size="sm" style={{ whiteSpace: "pre-wrap" }}><Told text={saying(of)} /></Text>
    </Alert>
  );
}

export function Failure({ of, again }: { of: unknown; again?: (() => unknown) | undefined }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={states.failed} role="alert">
      <Stack gap="xs">
        <Text size="sm" style={{ whiteSpace: "pre-wrap" }}><Told text={saying(of)} /></Text>
        <Group gap="sm">
          {again !== undefined && (
            <Button size="xs" variant="default" onClick={() => void again()}>
              {states.again}
            </Button>
          )}
          {of instanceof Problem && of.code !== "" && <Code>{of.code}</Code>}
        </Group>
      </Stack>
    </Alert>
  );
}
