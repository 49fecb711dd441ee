import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Problem } from "@/api/problem";
import { signOut, token } from "@/api/session";

import { Shell } from "./Shell";
import { SignIn } from "./SignIn";

/** Either the console or the page that lets somebody in. An answer of 401 leads back to it. */
export function Entry() {
  const [inside, setInside] = useState(token() !== null);
  const queries = useQueryClient();
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        const failure = event.query.state.error;
        if (event.type !== "updated" || !(failure instanceof Problem) || failure.status !== 401) return;
        signOut();
        setInside(false);
      }),
    [queries],
  );
  if (!inside) return <SignIn entered={() => setInside(true)} />;
  return <Shell left={() => setInside(false)} />;
}
