import { Alert, Stack, Text } from "@mantine/core";

import { Facts } from "@/parts/Facts";
import { whole } from "@/parts/numbers";
import { dataWords } from "@/words/data";

import { hasFound, type Job, largest, ofWhat, type Report } from "./replay";

const words = dataWords.replay;

function listed(counts: Record<string, number>): string {
  const { shown, more } = largest(counts);
  if (shown.length === 0) return words.nothing;
  const told = shown.map(([name, count]) => `${name}: ${whole(count)}`).join(", ");
  return more > 0 ? words.andMore(told, more) : told;
}

function Told({ report }: { report: Report }) {
  const facts: [string, string][] = [
    [words.events, whole(report.events)],
    [words.rows, whole(report.changed_rows)],
    [words.changes, listed(report.changes)],
    [words.profiles, whole(report.profiles)],
    [words.joined, listed(report.joined)],
    [words.left, listed(report.left)],
    [words.refused, listed(report.refused_now)],
    [words.unreadable, whole(report.unreadable)],
  ];
  const letters = report.dead_letters;
  if (letters !== undefined) facts.push([words.letters, words.wouldPass(whole(letters.would_pass), whole(letters.open))]);
  return <Facts facts={facts} />;
}

/** What the last replay did, or what it would do. */
export function Replayed({ job }: { job: Job }) {
  if (job.state === "none") return <Text size="sm">{words.none}</Text>;
  const dry = job.report?.dry_run ?? false;
  const head = job.state === "running" ? (dry ? words.planning : words.running) : dry ? words.planned : words.done;
  return (
    <Stack gap="xs">
      {job.state === "failed" ? <Alert color="red">{job.message}</Alert> : <Text size="sm" fw={600} aria-live="polite">{head}</Text>}
      {job.asked !== undefined && <Text size="sm" className="ff-quiet">{words.of(ofWhat(job.asked))}</Text>}
      {job.state === "done" && !hasFound(job) && <Alert color="slate">{words.noEvents}</Alert>}
      {job.report !== undefined && (job.state !== "done" || hasFound(job)) && <Told report={job.report} />}
    </Stack>
  );
}
