import { type ReactNode, useState } from "react";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { decisionWords as words } from "@/words/decisions";

import { useAsk } from "./ask";
import { Asked } from "./Asked";
import { Empty } from "./Empty";
import { Pager } from "./Pager";
import { Verdict } from "./Verdict";

export interface DecisionFilters {
  profile?: string;
  outcome?: string;
  reason?: string;
  journey?: string;
  from?: string;
  to?: string;
}

type Page = components["schemas"]["DecisionPage"];
export type Decision = Page["decisions"][number];

/** Ask for a page of verdicts; `null`: of none. `keep`: show the page before while this one is awaited. */
export function useDecisions(asked: (DecisionFilters & { limit: number; cursor?: number }) | null, keep = false) {
  const call = () => api.GET("/api/v1/decisions", { params: { query: asked ?? {} } });
  return useAsk<Page>(["decisions", asked], call, { keep, when: asked !== null });
}

interface Props {
  filters: DecisionFilters;
  actions?: (row: Decision) => ReactNode;
  zone?: string | undefined;
}

/** Verdicts page by page. The log is looked through in pieces, so a page may be short and still have one after it. */
export function Decisions({ filters, actions, zone }: Props) {
  const [cursors, setCursors] = useState<(number | null)[]>([null]);
  const cursor = cursors[cursors.length - 1] ?? null;
  const rows = useDecisions({ ...filters, limit: 50, ...(cursor === null ? {} : { cursor }) }, true);
  return (
    <Asked query={rows}>
      {({ decisions, next }) => (
        <>
          {decisions.length === 0 && <Empty title={words.none} what={next === null ? words.noneDo : words.further} />}
          {decisions.map((each) => (
            <Verdict key={each.id} verdict={each} zone={zone} actions={actions?.(each)} />
          ))}
          <Pager hasNewer={cursors.length > 1} hasOlder={next !== null} newer={() => setCursors((all) => all.slice(0, -1))} older={() => setCursors((all) => [...all, next])} />
        </>
      )}
    </Asked>
  );
}
