export const verdictWords = {
  decisions: { permit: "Permitted", refusal: "Refused", deferral: "Waits" } as Record<string, string>,
  step: "step",
  arm: "arm",
  phase: "phase",
  delivery: "delivery",
  policies: "policies",
  version: "journey version",
  inputs: "What the rules looked at, and by which versions",
};
