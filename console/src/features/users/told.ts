import { cameOf, looked, recordWords } from "@/words/record";

/** What a recorded act did, in words; what is not in the catalogue, such as a route that is gone, stands as it was recorded. */
export function didWhat(act: string): string {
  if (!act.includes(" ")) return act.replaceAll("_", " "); // what sign-in records itself, such as `signed_in`
  return recordWords[act] ?? (act.startsWith("GET ") ? looked : act);
}

export function came(status: number): string {
  if (status < 400) return cameOf.done;
  return status < 500 ? cameOf.refused(status) : cameOf.failed(status);
}
