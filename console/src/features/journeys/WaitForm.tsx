import { Autocomplete, MultiSelect, NativeSelect, Stack } from "@mantine/core";

import { useNames } from "@/parts/conditions/names";
import { journeyWords } from "@/words/journeys";

import { type Step, waitOf } from "./steps";
import { TextPart, YamlPart } from "./YamlPart";

const words = journeyWords.step;
const KINDS = Object.entries(words.waits).map(([value, label]) => ({ value, label }));
const STARTED: Record<string, unknown> = {
  span: "2 days",
  until: { until: "10:00" },
  event: { event: "", timeout: "7 days" },
  date: { date: { trait: "", before: "7 days", at: "09:00" } },
};

/** How long a wait takes: a span, until a time of day, until something happens, until a date. */
export function WaitForm({ wait, take }: { wait: unknown; take: (wait: unknown) => void }) {
  const { events } = useNames();
  const kind = waitOf(wait);
  const inside = typeof wait === "object" && wait !== null ? (wait as Step) : {};
  const put = (key: string) => (value: unknown) => {
    const empty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    take(empty ? Object.fromEntries(Object.entries(inside).filter(([each]) => each !== key)) : { ...inside, [key]: value });
  };
  return (
    <Stack gap="xs">
      <NativeSelect label={words.waitsFor} data={KINDS} value={kind} onChange={(event) => take(structuredClone(STARTED[event.currentTarget.value]))} />
      {kind === "span" && <TextPart label={words.wait} help={words.waitHelp} value={wait} take={take} />}
      {kind === "until" && (
        <>
          <TextPart label={words.time} value={inside.until} take={put("until")} />
          <MultiSelect label={words.weekdays} data={words.days} value={Array.isArray(inside.weekdays) ? inside.weekdays.map(String) : []} onChange={put("weekdays")} />
        </>
      )}
      {kind === "event" && (
        <>
          <Autocomplete label={words.event} data={events} value={String(inside.event ?? "")} onChange={(event) => take({ ...inside, event })} />
          <TextPart label={words.timeout} value={inside.timeout} take={put("timeout")} />
          <YamlPart isMapping label={words.where} value={inside.where} take={put("where")} />
        </>
      )}
      {kind === "date" && <YamlPart label={words.value} value={inside.date} take={put("date")} />}
    </Stack>
  );
}
