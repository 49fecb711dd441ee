import { Button, Group, List, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { answer, api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked, Loading } from "@/parts/Asked";
import { type Begun, begun, overlaid, useDraft } from "@/parts/draft";
import { type Made, MadeOf } from "@/parts/Framed";
import { KeepDraft } from "@/parts/KeepDraft";
import { Panel } from "@/parts/Panel";
import { useMay } from "@/parts/session";
import { runSql } from "@/parts/sql";
import { useWorkspace } from "@/parts/workspace";
import { messageWords } from "@/words/messages";
import { mayNot } from "@/words/permissions";

import { TrySend } from "./TrySend";

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
  const { draft, bases } = useDraft();
  const files = overlaid(workspace?.files ?? {}, draft);
  const path = Object.keys(files).find((each) => each.startsWith(`templates/${template}.`));
  const [edited, setEdited] = useState<{ text: string; from: Begun } | null>(null);
  if (workspace === undefined || path === undefined) return null;
  const from = edited?.from ?? begun(workspace, { draft, bases }, path, "");
  const shown = edited?.text ?? from.start;
  return (
    <Panel title={words.edit}>
      <Textarea aria-label={words.edit} value={shown} onChange={(event) => setEdited({ text: event.currentTarget.value, from })} autosize minRows={6} maxRows={24} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }} />
      <Group>
        <KeepDraft size="xs" path={path} text={shown} from={from} disabled={shown === from.start} kept={() => setEdited(null)} />
      </Group>
    </Panel>
  );
}

/** Somebody to show a template for, until another is asked for: whoever was seen last. */
function useSomebody() {
  return useQuery({
    enabled: [useMay("lake.query"), useMay("people.see")].every(Boolean),
    queryKey: ["somebody"],
    queryFn: async () => String((await runSql("SELECT profile_id FROM messages ORDER BY granted_at DESC LIMIT 1", 1)).rows[0]?.[0] ?? ""),
  });
}

/** One template as one person would get it, on a phone and on a desktop, and whether it can be made for everybody. */
export function OneTemplate({ template, kind }: { template: string; kind: string | undefined }) {
  const maySee = useMay("people.see");
  const somebody = useSomebody();
  const [written, setWritten] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const profile = asked ?? somebody.data ?? "";
  const preview = useQuery({
    queryKey: ["templates", template, "preview", profile],
    queryFn: () => answer<Made>(api.GET("/api/v1/templates/{name}/preview", { params: { path: { name: template }, query: { profile } } })),
    enabled: maySee && profile !== "",
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    setAsked((written ?? profile).trim());
  }
  return (
    <Stack>
      <Panel title={template}>
        {!maySee && <Text size="sm" className="ff-quiet">{mayNot("people.see")}</Text>}
        {maySee && (
          <form onSubmit={submit}>
            <Group align="flex-end">
              <TextInput label={words.for} description={words.forHelp} value={written ?? profile} onChange={(event) => setWritten(event.currentTarget.value)} />
              <Button type="submit">{words.open}</Button>
            </Group>
          </form>
        )}
        {somebody.isFetching && asked === null && <Loading lines={6} />}
        {maySee && profile !== "" && (
          <Asked query={preview}>
            {(made) => <MadeOf made={made} />}
          </Asked>
        )}
      </Panel>
      <TrySend template={template} kind={kind} profile={maySee ? profile : ""} />
      <Check template={template} />
      <Source template={template} />
    </Stack>
  );
}
