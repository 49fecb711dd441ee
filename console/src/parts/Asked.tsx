import { Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { states } from "@/words/shell";

import { Failure } from "./Failure";

interface Props<T> {
  query: UseQueryResult<T>;
  children: (found: T) => ReactNode;
  lines?: number;
}

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="xs" role="status" aria-label={states.loading}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={18} width={`${Math.max(20, 95 - line * 12)}%`} />
      ))}
    </Stack>
  );
}

/** Show what was asked for once it is there; until then that it loads, or why it does not come and what to do. */
export function Asked<T>({ query, children, lines = 4 }: Props<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Failure of={query.error} again={query.refetch} />}
        {children(query.data)}
      </>
    );
  }
  return query.isError ? <Failure of={query.error} again={query.refetch} /> : <Loading lines={lines} />;
}
