import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import type { components } from "@/api/schema";

import { saying } from "./Failure";
import { useMay } from "./session";
import type { Workspace } from "./workspace";

/** Files of the workspace that somebody edited and nobody applied yet. `null`: the file is removed. */
export type Draft = Record<string, string | null>;
type Drafts = components["schemas"]["DraftsView"];
type Check = components["schemas"]["CheckView"];

/** The version that a draft began from, and what tells it from every other draft. */
interface Base {
  version: number;
  mark: string;
}

/** One's drafts with what each began from. */
export interface Held {
  draft: Draft;
  bases: Record<string, Base>;
}

/** What a text goes on from. `base`: the version that it is of, or that the draft began from; `over`: the mark of that draft. */
export interface From {
  base: number;
  over: string;
}

/** What an editor begins with. */
export interface Begun extends From {
  start: string;
  isNew: boolean;
}

/** The mark of a draft that is not there. */
export const NO_DRAFT = "none";

const KEY = ["drafts"];
/** What a file and its draft say beside each other. */
export const FILE = ["file"];
const NONE: Draft = {};
const NO_BASES: Record<string, Base> = {};

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

/** Begin to edit a file: one's draft of it, else the file, else another text. */
export function begun(workspace: Workspace, { draft, bases }: Held, path: string, otherwise: string): Begun {
  const text = path in draft ? draft[path] : workspace.files[path];
  return { start: text ?? otherwise, base: bases[path]?.version ?? workspace.version, over: bases[path]?.mark ?? NO_DRAFT, isNew: text == null };
}

/** Whether a file is there, or one's own draft is at work on it. */
export function isTaken(files: Record<string, string>, draft: Draft, path: string): boolean {
  return path in files || path in draft;
}

function drafted(found: Drafts): Draft {
  return Object.fromEntries(found.drafts.map((each) => [each.path, each.removes ? null : each.content]));
}

function based(found: Drafts): Record<string, Base> {
  return Object.fromEntries(found.drafts.map((each) => [each.path, { version: each.base, mark: each.mark }]));
}

/** What was kept of a file by somebody, or in another tab of one's own, since the editor began: it is looked at first. */
export const PASSED = "draft_passed";

/** One's own drafts, which the server keeps: they are there in every browser, until they are applied or taken back. */
export function useDraft() {
  const queries = useQueryClient();
  const may = useMay("workspace.draft");
  const query = useQuery({ queryKey: KEY, queryFn: () => answer<Drafts>(api.GET("/api/v1/workspace/drafts")), enabled: may, staleTime: 60_000 });
  const draft = useMemo(() => (query.data === undefined ? NONE : drafted(query.data)), [query.data]);
  const bases = useMemo(() => (query.data === undefined ? NO_BASES : based(query.data)), [query.data]);
  const act = useCallback(
    async <T>(doing: Promise<T>): Promise<T> => {
      try {
        return await doing;
      } catch (failure) {
        if (!(failure instanceof Problem && failure.code === PASSED)) notifications.show({ message: saying(failure), color: "red" });
        throw failure;
      } finally {
        await Promise.all([KEY, FILE].map((queryKey) => queries.invalidateQueries({ queryKey })));
      }
    },
    [queries],
  );
  const at = (path: string) => ({ params: { path: { path } } });
  return {
    draft,
    bases,
    isLoading: may && query.data === undefined && !query.isError,
    version: query.data?.version,
    stale: query.data?.drafts.filter((each) => each.is_stale).map((each) => each.path) ?? [],
    keep: (path: string, content: string | null, from: From) => act(answer<Check>(api.PUT("/api/v1/workspace/drafts/{path}", { ...at(path), body: { content, base: from.base, over: from.over } }))),
    drop: (path: string) => act(answer(api.DELETE("/api/v1/workspace/drafts/{path}", { params: { path: { path }, query: { over: bases[path]?.mark ?? NO_DRAFT } } }))),
    clear: () => act(answer(api.DELETE("/api/v1/workspace/drafts"))),
  };
}
