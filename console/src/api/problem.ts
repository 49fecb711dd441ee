/** A refusal or a failure as the API tells it: a stable code, what happened and what to do. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** Read a problem out of whatever the API answered; what it does not say is told by the status. */
export function problemOf(told: unknown, status: number): Problem {
  if (typeof told === "object" && told !== null) {
    const { code, message } = told as { code?: unknown; message?: unknown };
    if (typeof code === "string" && typeof message === "string") return new Problem(code, message, status);
  }
  return new Problem("unreadable_answer", "", status);
}
