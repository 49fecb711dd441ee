import { Alert } from "@mantine/core";
import type { ReactNode } from "react";

import type { Permission } from "@/api/session";
import { mayNot } from "@/words/permissions";

import { useMay } from "./session";

/** A part of a screen that only some roles may see; to all others it says why it is not there. */
export function ByRole({ needs, children }: { needs: Permission; children: ReactNode }) {
  return useMay(needs) ? children : <Alert color="slate">{mayNot(needs)}</Alert>;
}
