import { Group, NumberInput, Stack, Text, Textarea } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked, Loading } from "@/parts/Asked";
import { type Begun, begun, useDraft } from "@/parts/draft";
import { Empty } from "@/parts/Empty";
import { KeepDraft } from "@/parts/KeepDraft";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { day } from "@/parts/when";
import { useWorkspace } from "@/parts/workspace";
import { seasonWords as words } from "@/words/seasons";

import classes from "./Calendar.module.css";
import { barsOf, FIRST_YEAR, isYear, LAST_YEAR, shareOf, type Stretch } from "./year";

const FILE = "seasons.yaml";

interface Group_ {
  places: string[];
  time_zone: string;
  today: string;
  stretches: Stretch[];
}

function Year({ group, year }: { group: Group_; year: number }) {
  const seasons = [...new Set(group.stretches.map((each) => each.season))];
  const now = shareOf(group.today, year);
  return (
    <div className={classes.year} role="group" aria-label={words.calendarOf(group.places.join(", "))}>
      <div className={classes.name} />
      <div className={classes.months} aria-hidden>
        {words.months.map((month) => (
          <span key={month}>{month}</span>
        ))}
      </div>
      {seasons.map((season) => (
        <div key={season} className={classes.row}>
          <div className={classes.name}>{worded(season)}</div>
          <ul className={classes.line}>
            {barsOf(group.stretches, season, year).map((bar) => (
              <li
                key={bar.phase + bar.from}
                className={classes.bar}
                data-phase={bar.phase}
                style={{ left: `${bar.left * 100}%`, width: `${bar.width * 100}%` }}
                title={`${words.phases[bar.phase] ?? bar.phase}: ${day(bar.from)} – ${day(bar.to)}`}
              >
                <span>{words.phases[bar.phase] ?? bar.phase}</span>
                <span className={classes.dates}>{`${day(bar.from)} – ${day(bar.to)}`}</span>
              </li>
            ))}
            {now >= 0 && now < 1 && <li className={classes.today} style={{ left: `${now * 100}%` }} title={`${words.today}: ${day(group.today)}`} />}
          </ul>
        </div>
      ))}
    </div>
  );
}

function EditYaml() {
  const { data: workspace } = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  const [edited, setEdited] = useState<{ text: string; from: Begun } | null>(null);
  if (workspace === undefined || isLoading) return <Loading />;
  const held = begun(workspace, { draft, bases }, FILE, "seasons: []\n");
  const from = edited?.from ?? held;
  const shown = edited?.text ?? held.start;
  return (
    <Panel title={words.edit}>
      <Textarea aria-label={words.edit} value={shown} onChange={(event) => setEdited({ text: event.currentTarget.value, from })} autosize minRows={6} maxRows={24} spellCheck={false} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <KeepDraft size="xs" path={FILE} text={shown} from={from} disabled={shown === from.start} kept={() => setEdited(null)} />
      </Group>
    </Panel>
  );
}

/** The year of each group of places that share a calendar. */
export function Calendar() {
  const { year: asked } = useSearch({ from: "/seasons" });
  const navigate = useNavigate();
  const here = useAsk<{ places: Group_[] }>(["seasons", "now"], () => api.GET("/api/v1/seasons"));
  const year = Number((isYear(asked) ? asked : here.data?.places[0]?.today.slice(0, 4)) ?? 0);
  const query = useAsk<{ places: Group_[] }>(
    ["seasons", year],
    () => api.GET("/api/v1/seasons", { params: { query: { from: `${year}-01-01`, to: `${year}-12-31` } } }),
    { when: year > 0, keep: true },
  );
  /** While a year is being written it is none yet. */
  function go(next: number | string) {
    if (isYear(next)) void navigate({ to: "/seasons", search: { tab: "calendar", year: String(next) }, replace: true });
  }
  return (
    <Stack>
      <NumberInput label={words.year} value={year || ""} min={FIRST_YEAR} max={LAST_YEAR} maw={120} onChange={go} />
      <Asked query={query}>
        {({ places }) =>
          places.every((each) => each.stretches.length === 0) ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            places.map((group) => (
              <Panel key={group.places.join()}>
                <Text size="sm" className="ff-quiet">
                  {group.places.join(", ")} ({group.time_zone})
                </Text>
                <Year group={group} year={year} />
              </Panel>
            ))
          )
        }
      </Asked>
      <EditYaml />
    </Stack>
  );
}
