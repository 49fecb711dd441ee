import { Center, Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";

import { answer, api } from "@/api/client";
import { Problem } from "@/api/problem";
import { remember, type Session } from "@/api/session";
import { Failure } from "@/parts/Failure";
import { SessionContext } from "@/parts/session";
import { states } from "@/words/shell";

import { SecondFactor } from "./SecondFactor";
import { SetUp } from "./SetUp";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";

const KEY = ["session"];

async function readSession(): Promise<Session> {
  return remember(await answer<Session>(api.GET("/api/v1/session")));
}

/** Either the console or a page that lets somebody in. An answer of 401 leads back to it. */
export function Entry() {
  const queries = useQueryClient();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const session = useQuery({ queryKey: KEY, queryFn: readSession, staleTime: Number.POSITIVE_INFINITY });
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        const failure = event.query.state.error;
        if (event.type !== "updated" || event.action.type !== "error" || !(failure instanceof Problem) || failure.status !== 401) return;
        void queries.invalidateQueries({ queryKey: KEY });
      }),
    [queries],
  );
  /** Nothing that was answered to one user is shown to another. */
  function forget() {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  }
  function entered(found: Session) {
    forget();
    queries.setQueryData(KEY, remember(found));
  }
  async function leave() {
    await answer(api.DELETE("/api/v1/session"));
    await session.refetch();
    forget();
  }
  if (path === "/set-up") return <SetUp />;
  if (session.isError) return <Center mih="100vh" p="md"><Failure of={session.error} again={session.refetch} /></Center>;
  if (session.data === undefined) return <Center mih="100vh"><Loader aria-label={states.loading} /></Center>;
  if (session.data.user === null) return <SignIn session={session.data} entered={entered} />;
  if (session.data.needs_second_factor) return <SecondFactor done={() => void session.refetch()} leave={() => void leave()} />;
  return (
    <SessionContext value={session.data}>
      <Shell leave={() => void leave()} />
    </SessionContext>
  );
}
