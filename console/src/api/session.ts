import type { Middleware } from "openapi-fetch";

import type { components } from "./schema";

export type Session = components["schemas"]["SessionView"];
export type Permission = Session["permissions"][number];

const CSRF = "X-Fieldfare-Csrf";
const SAFE = new Set(["GET", "HEAD"]);
let csrf: string | null = null;

/** Keep what changing calls must carry; the session itself stays in a cookie that no script reads. */
export function remember(session: Session): Session {
  csrf = session.csrf;
  return session;
}

export const credentials: Middleware = {
  onRequest({ request }) {
    if (csrf !== null && !SAFE.has(request.method)) request.headers.set(CSRF, csrf);
    return request;
  },
};
