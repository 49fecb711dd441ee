import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";

import { answer } from "@/api/client";

interface Reply {
  data?: unknown;
  error?: unknown;
  response: Response;
}

interface Options {
  /** Ask again after so many milliseconds, while the screen is open. */
  every?: number;
  when?: boolean;
  /** Keep what was shown while the next answer is awaited, as for a page of a list. */
  keep?: boolean;
}

/** Ask the API and keep the answer under the key. */
export function useAsk<T>(key: readonly unknown[], call: () => Promise<Reply>, options: Options = {}): UseQueryResult<T> {
  return useQuery<T>({
    queryKey: key,
    queryFn: () => answer<T>(call()),
    refetchInterval: options.every ?? false,
    enabled: options.when ?? true,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
}
