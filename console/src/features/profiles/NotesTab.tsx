import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Refused } from "@/parts/Failure";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { profileWords as words } from "@/words/profiles";

/** What people wrote down about a person; kept sealed. */
export function NotesTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const [text, setText] = useState("");
  const queries = useQueryClient();
  const params = { path: { profile } };
  const query = useAsk<components["schemas"]["NotesView"]>(["profiles", profile, "notes"], () => api.GET("/api/v1/profiles/{profile}/notes", { params }));
  const writing = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/profiles/{profile}/notes", { params, body: { text } })),
    onSuccess: async () => {
      setText("");
      await queries.invalidateQueries({ queryKey: ["profiles", profile, "notes"] });
    },
  });
  return (
    <Panel>
      <Textarea label={words.note} value={text} onChange={(event) => setText(event.currentTarget.value)} autosize minRows={2} />
      {writing.isError && <Refused of={writing.error} />}
      <Group>
        <Allowed needs="people.edit" label={words.writeNote} size="xs">
          <Button size="xs" disabled={text.trim() === ""} loading={writing.isPending} onClick={() => writing.mutate()}>{words.writeNote}</Button>
        </Allowed>
      </Group>
      <Asked query={query}>
        {({ notes }) => {
          if (notes.length === 0) return <Empty title={words.noNotes} what={words.noNotesDo} />;
          return notes.map((each) => (
            <Stack key={each.id} gap={0}>
              <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>{each.text}</Text>
              <Text size="xs" className="ff-quiet" component="div">{each.actor} · <Instant at={each.at} zone={zone} /></Text>
            </Stack>
          ));
        }}
      </Asked>
    </Panel>
  );
}
