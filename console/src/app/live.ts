import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

/** Which answers each topic of the live events makes stale, by the beginning of their keys. */
const STALE: Record<string, string[]> = {
  today: ["now", "decisions"],
  waiting: ["now", "tasks", "identity-holds", "letters"],
  flows: ["now"],
  pauses: ["now", "pauses", "holds"],
  seasons: ["seasons"],
  journeys: ["journeys"],
};

/** While the console is open, whatever changes on the server is asked for anew. A lost connection comes back by itself. */
export function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const events = new EventSource("/api/v1/live");
    for (const [topic, keys] of Object.entries(STALE)) {
      events.addEventListener(topic, () => keys.forEach((key) => void queries.invalidateQueries({ queryKey: [key] })));
    }
    return () => events.close();
  }, [queries]);
}
