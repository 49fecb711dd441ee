import { Anchor, type AnchorProps } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

type Search = Record<string, string | undefined>;

/** A link to another screen of the console. */
export function To({ to, search, children, ...rest }: AnchorProps & { to: string; search?: Search; children: ReactNode }) {
  return (
    <Anchor size="sm" {...rest} component={Link} to={to} {...(search === undefined ? {} : { search: search as never })}>
      {children}
    </Anchor>
  );
}
