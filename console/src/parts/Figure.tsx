import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One number with what it counts. */
export function Figure({ value, of, note }: { value: ReactNode; of: string; note?: ReactNode }) {
  return (
    <Stack gap={0}>
      <Text size="xl" fw={650} style={{ fontVariantNumeric: "tabular-nums" }} component="div">
        {value}
      </Text>
      <Text size="sm" className="ff-quiet">
        {of}
      </Text>
      {note !== undefined && (
        <Text size="xs" className="ff-quiet" component="div">
          {note}
        </Text>
      )}
    </Stack>
  );
}
