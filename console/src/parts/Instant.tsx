import { Text } from "@mantine/core";

import { shown } from "./when";
import { useZone } from "./workspace";

/** An instant on the clock of its location, else of the workspace; the zone is named. */
export function Instant({ at, zone }: { at: string | null | undefined; zone?: string | undefined }) {
  const home = useZone();
  if (at === null || at === undefined) return null;
  const told = shown(at, zone ?? home);
  if (told === null) return <span>{at}</span>;
  return (
    <time dateTime={at} style={{ whiteSpace: "nowrap" }}>
      {told.text}{" "}
      <Text span size="xs" className="ff-quiet">
        {told.zone}
      </Text>
    </time>
  );
}
