import { type Draft, overlaid } from "@/parts/draft";

export interface CountedBy<P> {
  plan: P;
  /** Why one's other drafts were left out, which they are when something is wrong with them. */
  withoutDrafts: unknown;
}

/** Count one file with one's other drafts around it; where these cannot be read, by the files in force alone. */
export async function counted<P>(files: Record<string, string>, draft: Draft, own: { path: string; text: string }, ask: (files: Record<string, string>) => Promise<P>): Promise<CountedBy<P>> {
  const mine = { [own.path]: own.text };
  try {
    return { plan: await ask({ ...overlaid(files, draft), ...mine }), withoutDrafts: null };
  } catch (failure) {
    if (Object.keys(draft).every((path) => path === own.path)) throw failure;
    return { plan: await ask({ ...files, ...mine }), withoutDrafts: failure };
  }
}
