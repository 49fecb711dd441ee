import { Code } from "@mantine/core";

const COLORS: Record<string, string> = { "+": "var(--ff-good)", "-": "var(--ff-bad)" };

/** A unified difference, with what is added and what is gone told apart by sign and colour. */
export function Diff({ text }: { text: string }) {
  return (
    <Code block style={{ maxHeight: 480, overflow: "auto" }} tabIndex={0}>
      {text.split("\n").map((line, place) => (
        <div key={place} style={{ color: COLORS[line.charAt(0)], whiteSpace: "pre-wrap" }}>
          {line === "" ? " " : line}
        </div>
      ))}
    </Code>
  );
}
