import { Alert, Button, Group, List, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { overlaid, useDraft } from "@/parts/draft";
import { Panel } from "@/parts/Panel";
import { runSql } from "@/parts/sql";
import { useWorkspace } from "@/parts/workspace";
import { messageWords } from "@/words/messages";

import { Framed, type Made } from "./Framed";

const words = messageWords.template;

interface Checked {
  profiles: number;
  rendered: number;
  missing: { variable: string; why: string; profiles: number }[];
  branches: { line: number; tag: string; is_reached: boolean }[];
  failures: { part: string; why: string }[];
  is_ok: boolean;
}

function Check({ template }: { template: string }) {
  const query = useAsk<Checked[]>(["templates", template, "check"], () => api.GET("/api/v1/templates/check", { params: { query: { template } } }));
  return (
    <Panel title={words.check} what={words.checkWhat}>
      <Asked query={query} lines={1}>
        {([found]) => {
          if (found === undefined) return null;
          const never = found.branches.filter((each) => !each.is_reached);
          return (
            <Stack gap={4}>
              <Text size="sm">
                {words.rendered(found.rendered, found.profiles)} {found.is_ok && words.ok}
              </Text>
              <List size="sm">
                {found.missing.map((each) => (
                  <List.Item key={each.variable}>{words.missing}: {each.variable} ({each.why}), {each.profiles}</List.Item>
                ))}
                {found.failures.map((each) => (
                  <List.Item key={each.part + each.why}>{words.failures}: {each.part}: {each.why}</List.Item>
                ))}
                {never.map((each) => (
                  <List.Item key={each.line}>{words.branches}: {each.tag}, {each.line}</List.Item>
                ))}
              </List>
            </Stack>
          );
        }}
      </Asked>
    </Panel>
  );
}

function Source({ template }: { template: string }) {
  const { data: workspace } = useWorkspace();
  const { draft, keep } = useDraft();
  const files = overlaid(workspace?.files ?? {}, draft);
  const path = Object.keys(files).find((each) => each.startsWith(`templates/${template}.`));
  const [text, setText] = useState<string | null>(null);
  if (path === undefined) return null;
  const shown = text ?? files[path] ?? "";
  return (
    <Panel title={words.edit}>
      <Textarea aria-label={words.edit} value={shown} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={6} maxRows={24} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <Button size="xs" disabled={shown === files[path]} onClick={() => (keep(path, shown), notifications.show({ message: words.kept, color: "green" }))}>
          {words.keep}
        </Button>
      </Group>
    </Panel>
  );
}

/** Somebody to show a template for, until another is asked for: whoever was seen last. */
function useSomebody() {
  return useQuery({
    queryKey: ["somebody"],
    queryFn: async () => String((await runSql("SELECT profile_id FROM messages ORDER BY granted_at DESC LIMIT 1", 1)).rows[0]?.[0] ?? ""),
  });
}

/** One template as one person would get it, on a phone and on a desktop, and whether it can be made for everybody. */
export function OneTemplate({ template }: { template: string }) {
  const somebody = useSomebody();
  const [written, setWritten] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const profile = asked ?? somebody.data ?? "";
  const preview = useQuery({
    queryKey: ["templates", template, "preview", profile],
    queryFn: () => answer<Made>(api.GET("/api/v1/templates/{name}/preview", { params: { path: { name: template }, query: { profile } } })),
    enabled: profile !== "",
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setAsked((written ?? profile).trim());
  }
  return (
    <Stack>
      <Panel title={template}>
        <form onSubmit={submit}>
          <Group align="flex-end">
            <TextInput label={words.for} description={words.forHelp} value={written ?? profile} onChange={(event) => setWritten(event.currentTarget.value)} />
            <Button type="submit">{words.open}</Button>
          </Group>
        </form>
        {profile !== "" && (
          <Asked query={preview}>
            {(made) => (made.is_made ? <Framed made={made} /> : <Alert color="ochre" title={words.failure}>{Object.values(made.failure ?? {}).join(": ")}</Alert>)}
          </Asked>
        )}
      </Panel>
      <Check template={template} />
      <Source template={template} />
    </Stack>
  );
}
