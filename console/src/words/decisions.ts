export const decisionWords = {
  title: "Decisions",
  what: "Every verdict of the gate: permitted, refused with all its reasons, or waiting. Newest first.",
  filters: { outcome: "Verdict", reason: "Reason", journey: "Journey", profile: "Profile number", from: "From", to: "To" },
  outcomes: [
    { value: "permit", label: "Permitted" },
    { value: "refusal", label: "Refused" },
    { value: "deferral", label: "Waits" },
  ],
  none: "No verdict fits",
  noneDo: "Clear a filter. Verdicts older than the time that they are kept are gone.",
  why: "Why (not) for this person",
  person: (id: number) => `Profile ${id}`,
  further: "None among those that were looked at. Go on to older ones.",
};
