import { parse } from "yaml";

/** A line of a story and what came of it; `holds` is null where nothing is expected. */
export interface Outcome {
  at: string;
  said: string;
  holds: boolean | null;
  instead: string;
}

export interface Story {
  tests: string;
  title: string;
  passes: boolean;
  wrong: string[];
  happened: string[];
  outcomes: Outcome[];
}

interface Asked {
  by: string;
  at: string;
  is_own: boolean;
}

/** How the stories of a journey went last. */
export type Played =
  | { state: "none" }
  | ({ state: "running"; running: string; share: number } & Asked)
  | ({ state: "failed"; message: string } & Asked)
  | ({ state: "done"; result: { in_force: Story[] | null; changed: Story[] | null } } & Asked);

const FOLDER = "journeys/tests/";

function journeyOf(text: string): unknown {
  try {
    const found: unknown = parse(text);
    return typeof found === "object" && found !== null ? (found as { journey?: unknown }).journey : undefined;
  } catch {
    return undefined;
  }
}

/** The file with the stories of a journey: the first that says so, else the one that is named after it. */
export function fileOf(files: Record<string, string>, journey: string): string {
  const usual = `${FOLDER}${journey}.yaml`;
  if (usual in files) return usual;
  return Object.keys(files).sort().find((path) => path.startsWith(FOLDER) && journeyOf(files[path] ?? "") === journey) ?? usual;
}

/** What is wrong with a story and stands in none of its lines: events that were not taken. */
export function unheard(story: Story): string[] {
  const told = new Set(story.outcomes.map((each) => `${each.at}: ${each.said}${each.instead === "" ? "" : `, ${each.instead}`}`));
  return story.wrong.filter((each) => !told.has(each));
}
