import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Panel } from "@/parts/Panel";
import { seasonWords as words } from "@/words/seasons";

import { Choice } from "./Choice";

interface Proposal {
  id: string;
  status: string;
  question: string;
  season: string;
  factor: number;
  starts: string;
  ends: string;
  actor: string | null;
  note: string | null;
  yaml?: string;
}

function One({ proposal }: { proposal: Proposal }) {
  const [yaml, setYaml] = useState<string | null>(proposal.yaml ?? null);
  const path = { proposal: proposal.id };
  const decide = (decision: "accept" | "reject") => async ({ actor, reason }: { actor: string; reason: string }) => {
    const found = await answer<Proposal>(api.POST("/api/v1/seasons/proposals/{proposal}", { params: { path }, body: { decision, actor, note: reason } }));
    setYaml(found.yaml ?? null);
  };
  return (
    <Panel
      title={proposal.season}
      actions={
        <Group gap="xs">
          <Badge variant="light">{words.proposal[proposal.status] ?? proposal.status}</Badge>
          {proposal.status === "open" && (
            <>
              <ActButton needs="workspace.draft" label={words.accept} what={words.acceptWhat} done={words.accepted} stale={[["proposals"]]} reasoned="may" button={{ variant: "filled" }} act={decide("accept")} />
              <ActButton needs="workspace.draft" label={words.reject} done={words.rejected} stale={[["proposals"]]} act={decide("reject")} />
            </>
          )}
        </Group>
      }
    >
      <Text size="sm">{proposal.question}</Text>
      <Text size="sm" className="ff-quiet">
        {proposal.starts} – {proposal.ends} · {words.times(proposal.factor.toFixed(1))}
        {proposal.actor !== null && ` · ${proposal.actor}${proposal.note ? `: ${proposal.note}` : ""}`}
      </Text>
      {yaml !== null && (
        <>
          <Text size="sm">{words.yaml}</Text>
          <Code block tabIndex={0}>{yaml}</Code>
        </>
      )}
    </Panel>
  );
}

/** Seasons that the history of an event suggests, and what people said of them. */
export function Proposals() {
  const { event, location } = useSearch({ from: "/seasons" });
  const query = useAsk<Proposal[]>(["proposals"], () => api.GET("/api/v1/seasons/proposals"));
  return (
    <Stack>
      <Choice tab="proposals" />
      {event !== undefined && (
        <div>
          <ActButton
            needs="workspace.draft"
            label={`${words.look}: ${event}`}
            done={words.looked}
            reasoned="never"
            stale={[["proposals"]]}
            act={() => answer(api.POST("/api/v1/seasons/proposals", { body: { event, location: location ?? null } }))}
          />
        </div>
      )}
      <Asked query={query}>
        {(found) => (found.length === 0 ? <Empty title={words.noProposal} what={words.noProposalDo} /> : found.map((each) => <One key={each.id} proposal={each} />))}
      </Asked>
    </Stack>
  );
}
