import { inFolder } from "@/parts/conditions/names";
import { read } from "@/parts/workspace";

/** What can be measured, and what can be compared, by the files of a workspace. */
export interface Choices {
  journeys: string[];
  metrics: string[];
  traits: string[];
}

export function choicesOf(files: Record<string, string>): Choices {
  const metrics = read(files, "metrics.yaml").metrics;
  const named = Array.isArray(metrics) ? metrics.map((each: Record<string, unknown>) => String(each.metric ?? "")).filter(Boolean) : [];
  const held = inFolder(files, "journeys").filter((name) => "holdout" in read(files, `journeys/${name}.yaml`));
  const traits = read(files, "traits.yaml").traits;
  return { journeys: held, metrics: named, traits: typeof traits === "object" && traits !== null ? Object.keys(traits) : [] };
}

export function pathOf(name: string): string {
  return `experiments/${name}.yaml`;
}

/** The file that registers an experiment, whatever it is called; where none does, the one that would. */
export function pathIn(files: Record<string, string>, name: string): string {
  const held = Object.keys(files).find((path) => path.startsWith("experiments/") && read(files, path).experiment === name);
  return held ?? pathOf(name);
}

export const START = (name: string) => `experiment: ${name}
hypothesis: ""
owner: ""
smallest_effect: 3 %
looks: always
`;
