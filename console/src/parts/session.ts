import { createContext, useContext } from "react";

import type { Permission, Session } from "@/api/session";

/** Who is signed in. Screens stand inside of it, so there is always somebody. */
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("This part of the console stands outside of the sign-in.");
  return session;
}

/** The currency of the workspace. */
export function useCurrency(): string {
  return useSession().workspace?.currency ?? "EUR";
}

/** Whether the role of whoever is signed in allows something; the server checks it all the same. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}
