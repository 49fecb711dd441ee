import { Text } from "@mantine/core";

import { audienceWords as words } from "@/words/audiences";

import type { Estimate } from "./ask";

/** Says that numbers are estimates, where they are. */
export function Estimated({ is_estimate, looked_at_one_in }: Estimate) {
  return is_estimate ? <Text size="sm" c="dimmed">{words.estimated(looked_at_one_in)}</Text> : null;
}
