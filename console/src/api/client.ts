import createClient from "openapi-fetch";

import { Problem, problemOf } from "./problem";
import type { paths } from "./schema";
import { credentials } from "./session";

/** All calls go through this client, whose paths and parameters are those of our OpenAPI description. */
export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
api.use(credentials);

interface Reply {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** Wait for an answer. Throws a `Problem` when it is a refusal, or when nobody answers. */
export async function answer<T>(call: Promise<Reply>): Promise<T> {
  let reply: Reply;
  try {
    reply = await call;
  } catch {
    throw new Problem("no_answer", "", 0);
  }
  if (!reply.response.ok) throw problemOf(reply.error, reply.response.status);
  return reply.data as T;
}
