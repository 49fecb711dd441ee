import { Alert, Code, Group, SegmentedControl, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";

import { messageWords } from "@/words/messages";

const words = messageWords.template;
const WIDTHS: Record<string, number> = { phone: 375, desktop: 640 };

export interface Made {
  is_made: boolean;
  to?: string;
  subject?: string;
  text?: string;
  html?: string | null;
  failure?: Record<string, string>;
}

/** A message as it arrives. Its page runs no script and cannot reach the console. */
export function Framed({ made }: { made: Made }) {
  const [view, setView] = useState(made.html === null || made.html === undefined ? "text" : "phone");
  const [dark, setDark] = useState(false);
  const views = [
    ...(made.html ? [{ value: "phone", label: words.phone }, { value: "desktop", label: words.desktop }] : []),
    { value: "text", label: words.text },
  ];
  const scheme = dark ? "dark" : "light";
  return (
    <Stack gap="xs">
      {made.subject !== undefined && made.subject !== "" && (
        <Text size="sm">
          <b>{words.subject}:</b> {made.subject}
        </Text>
      )}
      <Group gap="md">
        <SegmentedControl size="xs" data={views} value={view} onChange={setView} />
        {view !== "text" && <Switch size="xs" label={words.dark} checked={dark} onChange={(event) => setDark(event.currentTarget.checked)} />}
      </Group>
      {view === "text" ? (
        <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap", fontFamily: "inherit", fontSize: 14 }}>
          {made.text}
        </Code>
      ) : (
        <iframe
          title={words.frame}
          sandbox=""
          srcDoc={`<meta name="color-scheme" content="${scheme}"><style>:root{color-scheme:${scheme}}</style>${made.html ?? ""}`}
          style={{ width: WIDTHS[view], maxWidth: "100%", height: 560, border: "1px solid var(--ff-line)", borderRadius: 8, background: dark ? "#1a1b1e" : "#fff" }}
        />
      )}
    </Stack>
  );
}

/** A message as it would be made for one person, or why there would be none. */
export function MadeOf({ made }: { made: Made }) {
  if (made.is_made) return <Framed made={made} />;
  return <Alert color="ochre" title={words.failure}>{Object.values(made.failure ?? {}).join(": ")}</Alert>;
}
