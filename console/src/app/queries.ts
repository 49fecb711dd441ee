import { QueryClient } from "@tanstack/react-query";

import { Problem } from "@/api/problem";

const TRIES = 2;

/** What can succeed when it is tried again: nobody answered, or the API said that it cannot just now. */
function worthTrying(failure: Error): boolean {
  return failure instanceof Problem && (failure.status === 0 || failure.status === 503);
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (count, failure) => count < TRIES && worthTrying(failure),
    },
  },
});
