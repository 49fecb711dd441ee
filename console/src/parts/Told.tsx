import { Code } from "@mantine/core";

/** Words of the API, in which what stands between backticks is code. */
export function Told({ text }: { text: string }) {
  return text.split(/`([^`]+)`/).map((part, place) => (place % 2 === 1 ? <Code key={place} style={{ overflowWrap: "anywhere" }}>{part}</Code> : part));
}
