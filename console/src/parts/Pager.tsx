import { Button, Group } from "@mantine/core";

import { states } from "@/words/shell";

interface Props {
  hasNewer: boolean;
  hasOlder: boolean;
  newer: () => void;
  older: () => void;
}

/** The ways to the page before and to the one after. */
export function Pager({ hasNewer, hasOlder, newer, older }: Props) {
  return (
    <Group>
      {hasNewer && <Button size="xs" variant="default" onClick={newer}>{states.newer}</Button>}
      {hasOlder && <Button size="xs" variant="default" onClick={older}>{states.older}</Button>}
    </Group>
  );
}
