/** Steps as the YAML of a journey says them: a mapping with one key that tells what the step does. */
export type Step = Record<string, unknown>;
export type Place = (string | number)[];

export const KINDS = [
  "send", "wait", "branch", "split", "experiment", "task", "survey", "webhook", "set", "emit", "hold", "release", "journey", "exit",
] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(step: Step): Kind | null {
  return KINDS.find((each) => each in step) ?? null;
}

export function mapping(of: unknown): Step {
  return typeof of === "object" && of !== null && !Array.isArray(of) ? (of as Step) : {};
}

function listed(of: unknown): Step[] {
  return Array.isArray(of) ? of.map(mapping) : [];
}

/** A list of steps inside a step: where it stands in the file, under which path the API counts, what leads into it. */
export interface Inner {
  label: string;
  place: Place;
  path: string;
  steps: Step[];
}

/** The lists inside a step: both sides of a branch, the ways of a split, what is done when it is late. */
export function inner(step: Step, place: Place, path: string): Inner[] {
  const kind = kindOf(step);
  if (kind === null) return [];
  const inside = mapping(step[kind]);
  const under = (label: string, where: Place, steps: unknown): Inner => ({
    label,
    place: [...place, ...where],
    path: `${path}.${label}.`,
    steps: listed(steps),
  });
  if (kind === "branch") return ["then", "else"].map((side) => under(side, ["branch", side], inside[side]));
  if (kind === "split" && Array.isArray(step.split)) {
    return step.split.map((way: unknown, number) => {
      const { way: name, steps } = mapping(way);
      return under(String(name ?? number), ["split", number, "steps"], steps);
    });
  }
  if (kind === "experiment" && Array.isArray(inside.variants)) {
    return inside.variants.map((each: unknown, number) => {
      const { variant, steps } = mapping(each);
      return under(String(variant ?? number), ["experiment", "variants", number, "steps"], steps);
    });
  }
  if (kind === "wait" && "late" in inside) return [under("late", ["wait", "late"], inside.late)];
  if (kind === "hold" && "else" in inside) return [under("else", ["hold", "else"], inside.else)];
  if (kind === "task" && "broken" in mapping(inside.sla)) return [under("broken", ["task", "sla", "broken"], mapping(inside.sla).broken)];
  return [];
}

/** Whether whoever passes the step goes on below it, beside what stands inside. */
export function goesOn(step: Step): boolean {
  const kind = kindOf(step);
  return kind !== "branch" && kind !== "split" && kind !== "experiment" && kind !== "exit";
}

/** Which kind of wait it is: a span, until a time of day, for an event, until a date. */
export function waitOf(wait: unknown): "span" | "until" | "event" | "date" {
  const inside = mapping(wait);
  return (["until", "event", "date"] as const).find((each) => each in inside) ?? "span";
}

const BLANKS: Record<Kind, Step> = {
  send: { send: { channel: "email", template: "", expires: "2 days" } },
  wait: { wait: "2 days" },
  branch: { branch: { when: { did: "" }, then: [], else: [] } },
  split: { split: [{ way: "a", weight: 1, steps: [] }, { way: "b", weight: 1, steps: [] }] },
  experiment: { experiment: { name: "words", variants: [{ variant: "none", steps: [] }, { variant: "short", steps: [] }] } },
  task: { task: { channel: "task", template: "", due: "2 days" } },
  survey: { survey: { survey: "", channel: "email", template: "" } },
  webhook: { webhook: { channel: "webhook", template: "" } },
  set: { set: {} },
  emit: { emit: { event: "" } },
  hold: { hold: { what: "", for: "30 minutes", places: 1, else: [] } },
  release: { release: "" },
  journey: { journey: "" },
  exit: { exit: "done" },
};

export function blank(kind: Kind): Step {
  return structuredClone(BLANKS[kind]);
}

function short(of: unknown): string {
  if (typeof of !== "object" || of === null) return String(of ?? "");
  return Object.entries(of)
    .map(([key, value]) => `${key.replaceAll("_", " ")} ${Array.isArray(value) ? value.map(short).join(", ") : short(value)}`)
    .join(", ");
}

/** What a step does, in a few words. */
export function says(step: Step): string {
  const kind = kindOf(step);
  if (kind === null) return short(step);
  const inside = mapping(step[kind]);
  switch (kind) {
    case "send":
    case "task":
    case "webhook":
    case "survey":
      return [inside.template, inside.channel].filter(Boolean).join(" · ");
    case "branch":
      return short(inside.when);
    case "split":
      return listed(step.split).map((way) => `${String(way.way)} ×${String(way.weight ?? 1)}`).join(", ");
    case "experiment":
      return [inside.name, listed(inside.variants).map((each) => String(each.variant)).join(", ")].filter(Boolean).join(": ");
    case "wait":
      return typeof step.wait === "string" ? step.wait : short(Object.fromEntries(Object.entries(inside).filter(([key]) => key !== "late")));
    default:
      return short(step[kind]);
  }
}
