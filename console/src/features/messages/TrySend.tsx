import { Alert, Button, Group, List, Select, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/api/client";
import type { components } from "@/api/schema";
import { Allowed } from "@/parts/Allowed";
import { useAsk } from "@/parts/ask";
import { Refused } from "@/parts/Failure";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { useActor } from "@/parts/actor";
import { useMay } from "@/parts/session";
import { Told } from "@/parts/Told";
import { messageWords } from "@/words/messages";

const words = messageWords.test;

type Recipient = components["schemas"]["RecipientView"];
type Tried = components["schemas"]["TriedView"];

function Outcome({ tried }: { tried: Tried }) {
  const reasons = tried.words.length > 0 ? tried.words : tried.reasons.map(worded);
  const told = [...reasons, ...Object.values(tried.failure ?? {}).map(String)];
  return (
    <Alert color={tried.outcome === "handed_over" ? "green" : "ochre"} title={words.outcomes[tried.outcome] ?? worded(tried.outcome)} role="status">
      {tried.outcome === "handed_over" && <Text size="sm">{words.to(tried.to)}</Text>}
      {tried.detail !== null && tried.detail !== "" && <Text size="sm">{tried.detail}</Text>}
      {told.length > 0 && (
        <List size="sm">
          {told.map((each) => (
            <List.Item key={each}>{each}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}

/** Sends the template to one of our own people, as the person of the preview would get it. It counts nowhere. */
export function TrySend({ template, kind, profile }: { template: string; kind: string | undefined; profile: string }) {
  const may = useMay("messages.send");
  const actor = useActor();
  const [chosen, setChosen] = useState<string | null>(null);
  const recipients = useAsk<Recipient[]>(["test-recipients"], () => api.GET("/api/v1/test-recipients"), { when: may });
  const fit = recipients.data?.filter((each) => kind === undefined || each.kind === kind);
  const to = chosen ?? fit?.[0]?.address ?? null;
  const body = { to, actor, ...(profile === "" ? {} : { profile }) };
  const sending = useMutation({ mutationFn: () => answer<Tried>(api.POST("/api/v1/templates/{name}/test", { params: { path: { name: template } }, body })) });
  return (
    <Panel title={words.title} what={words.what}>
      {fit?.length === 0 ? (
        <Text size="sm"><Told text={recipients.data?.length === 0 ? words.nobody : words.nobodyFit} /></Text>
      ) : (
        <Group align="flex-end">
          <Select label={words.recipient} data={fit?.map((each) => ({ value: each.address, label: each.is_own ? words.own(each.address) : each.address })) ?? []} value={to} onChange={setChosen} allowDeselect={false} w={300} />
          <Allowed needs="messages.send" label={words.send}>
            <Button onClick={() => sending.mutate()} loading={sending.isPending} disabled={to === null}>{words.send}</Button>
          </Allowed>
        </Group>
      )}
      <Stack gap="xs" aria-live="polite">
        {sending.isError && <Refused of={sending.error} />}
        {sending.data !== undefined && <Outcome tried={sending.data} />}
      </Stack>
    </Panel>
  );
}
