import { useSession } from "./session";

/** Whose name stands under an act. The server takes the signed-in user's, whatever is sent. */
export function useActor(): string {
  return useSession().user?.name ?? "";
}
