import type { Middleware } from "openapi-fetch";

const KEY = "fieldfare.token";

/** The token of this tab. It is gone when the tab is closed. */
export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function signIn(given: string): void {
  sessionStorage.setItem(KEY, given);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
}

export const credentials: Middleware = {
  onRequest({ request }) {
    const held = token();
    if (held !== null) request.headers.set("Authorization", `Bearer ${held}`);
    return request;
  },
};
