import { useSyncExternalStore } from "react";

/**
 * Files of the workspace that were edited and are not applied yet, kept in this browser. `null`: the file is removed.
 * They hold definitions, nothing of people.
 */
export type Draft = Record<string, string | null>;

const KEY = "fieldfare.draft";
const listeners = new Set<() => void>();
let raw: string | null = null;
let held: Draft = {};

function snapshot(): Draft {
  const stored = localStorage.getItem(KEY);
  if (stored !== raw) {
    raw = stored;
    held = stored === null ? {} : (JSON.parse(stored) as Draft);
  }
  return held;
}

function write(draft: Draft): void {
  if (Object.keys(draft).length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(draft));
  listeners.forEach((each) => each());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

/** The files with the draft laid over them; a file that the draft removes is gone. */
export function overlaid(files: Record<string, string>, draft: Draft): Record<string, string> {
  const merged: Record<string, string> = { ...files };
  for (const [path, text] of Object.entries(draft)) {
    if (text === null) Reflect.deleteProperty(merged, path);
    else merged[path] = text;
  }
  return merged;
}

/** What of the draft still differs from the files. */
export function differing(files: Record<string, string>, draft: Draft): Draft {
  return Object.fromEntries(
    Object.entries(draft).filter(([path, text]) => (text === null ? path in files : files[path] !== text)),
  );
}

export function useDraft() {
  const draft = useSyncExternalStore(subscribe, snapshot);
  return {
    draft,
    keep: (path: string, text: string | null) => write({ ...snapshot(), [path]: text }),
    drop: (path: string) => write(Object.fromEntries(Object.entries(snapshot()).filter(([each]) => each !== path))),
    clear: () => write({}),
  };
}
