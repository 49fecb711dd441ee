import { Badge, Group, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { day } from "@/parts/when";
import { nowWords as words } from "@/words/now";
import { shell } from "@/words/shell";

import { type PlaceGroup, standing } from "./model";

const COLORS: Record<string, string> = { peak: "ochre", prepare: "slate", cool_down: "teal", off: "gray" };
const CHECKS: Record<string, string> = { ok: "green", warn: "ochre", fail: "red", unknown: "gray" };

interface Ready {
  as_of: string;
  verdict: string;
  peak: { season: string; from: string; in_days: number } | null;
  checks: { check: string; verdict: string }[];
}

function Readiness() {
  const query = useAsk<Ready>(["now", "readiness"], () => api.GET("/api/v1/seasons/readiness", { params: { query: { max_age_s: 600 } } }));
  return (
    <Asked query={query} lines={1}>
      {({ as_of, checks, peak }) => (
        <Group gap="xs">
          <Text size="sm">
            {words.readiness}
            {peak !== null && ` (${worded(peak.season)}, ${words.next(peak.in_days)})`}:
          </Text>
          {["fail", "warn", "unknown", "ok"].map((verdict) => {
            const count = checks.filter((each) => each.verdict === verdict).length;
            return count === 0 ? null : (
              <Badge key={verdict} color={CHECKS[verdict] ?? "gray"} variant="light">
                {count} {words.verdicts[verdict]}
              </Badge>
            );
          })}
          <Text size="xs" className="ff-quiet" component="div">{words.asOf} <Instant at={as_of} /></Text>
        </Group>
      )}
    </Asked>
  );
}

/** Which phase holds where, how long, and whether all is ready for the next peak. */
export function Season() {
  const query = useAsk<{ places: PlaceGroup[] }>(["now", "seasons"], () => api.GET("/api/v1/seasons"));
  return (
    <Panel title={words.season} actions={<To to="/seasons">{shell.screens.seasons}</To>}>
      <Asked query={query}>
        {({ places }) =>
          places.every((each) => each.stretches.length === 0) ? (
            <Empty title={words.seasonNone} what={words.seasonNoneDo} />
          ) : (
            places.map((group) => (
              <Stack key={group.places.join()} gap={4}>
                <Text size="sm" className="ff-quiet">
                  {words.places(group.places.length)}: {group.places.join(", ")} ({group.time_zone})
                </Text>
                {standing(group).map((each) => (
                  <Group key={each.season} gap="xs">
                    <Badge variant="light" color={COLORS[each.phase] ?? "gray"}>
                      {words.inPhase(worded(each.season), each.phase.replace("_", " "))}
                    </Badge>
                    <Text size="sm">
                      {each.to !== null && `${words.until} ${day(each.to)}`}
                      {each.next !== null && ` → ${each.next.phase.replace("_", " ")} ${words.next(each.inDays)}`}
                    </Text>
                  </Group>
                ))}
              </Stack>
            ))
          )
        }
      </Asked>
      <Readiness />
    </Panel>
  );
}
