import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Asked } from "./Asked";
import { Screen } from "./Screen";

interface Props<T> {
  query: UseQueryResult<T>;
  /** What it is called until more is known of it. */
  title: string;
  /** The way back. */
  above: ReactNode;
  children: (found: T) => ReactNode;
}

/** A screen of one thing. While it loads, and when it is not there, it still says of what it is and leads back. */
export function ScreenOf<T>({ query, title, above, children }: Props<T>) {
  const asked = <Asked query={query} lines={8}>{children}</Asked>;
  return query.data === undefined ? <Screen title={title} above={above}>{asked}</Screen> : asked;
}
