import { Badge, Checkbox, Code, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { percentOf, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { profileWords as words } from "@/words/profiles";

import { useIdentities } from "./ask";
import type { Identifier, Identities } from "./model";
import { RevealButton, useReveal } from "./reveal";

const SHORT = 8;

function Ends({ of, link }: { of: Identities; link: { a?: string; b?: string } }) {
  const named = (hash: string | undefined) => {
    const found = of.identifiers.find((each) => each.hash === hash);
    return found === undefined ? (hash ?? "").slice(0, SHORT) : `${found.kind} ${found.value}`;
  };
  return (
    <Text size="sm">
      {named(link.a)} ↔ {named(link.b)}
    </Text>
  );
}

function Split({ profile, chosen, done }: { profile: string; chosen: Identifier[]; done: () => void }) {
  const identifiers = chosen.map((each) => `${each.kind}:${each.value}`);
  return (
    <ActButton
      needs="identity.decide"
      label={words.acts.split}
      what={
        <>
          {words.acts.splitWhat}
          <Code block>{identifiers.join("\n")}</Code>
        </>
      }
      done={words.acts.splitDone}
      button={{ disabled: chosen.length === 0, color: "red", variant: "light" }}
      stale={[["profiles"]]}
      act={async (signed) => {
        await answer(api.POST("/api/v1/identity/acts", { body: { act: "split", a: profile, identifiers, ...signed } }));
        done();
      }}
    />
  );
}

/** Identifiers, the links that make one person of them, and the questions that wait. */
export function WhoTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const { reveal, setReveal } = useReveal();
  const [chosen, setChosen] = useState<string[]>([]);
  const query = useIdentities(profile, reveal);
  const toggle = (hash: string) => setChosen((all) => (all.includes(hash) ? all.filter((each) => each !== hash) : [...all, hash]));
  return (
    <Asked query={query}>
      {(found) => (
        <Stack>
          <Panel
            title={words.identifiers}
            what={reveal === null ? words.splitFirst : words.acts.splitWhich}
            actions={
              <Group gap="xs">
                <RevealButton reveal={reveal} onReveal={setReveal} />
                {reveal !== null && (
                  <Split
                    profile={profile}
                    chosen={found.identifiers.filter((each) => chosen.includes(each.hash))}
                    done={() => setChosen([])}
                  />
                )}
              </Group>
            }
          >
            <Rows
              label={words.identifiers}
              rows={found.identifiers}
              rowKey={(each) => each.hash}
              columns={[
                ...(reveal === null
                  ? []
                  : [
                      {
                        head: words.acts.split,
                        cell: (each: Identifier) => (
                          <Checkbox
                            checked={chosen.includes(each.hash)}
                            onChange={() => toggle(each.hash)}
                            aria-label={`${words.acts.split}: ${each.kind} ${each.value}`}
                          />
                        ),
                      },
                    ]),
                { head: words.identifier.kind, cell: (each) => each.kind },
                { head: words.identifier.value, cell: (each) => each.value },
                { head: words.identifier.state, cell: (each) => worded(each.state) },
                { head: words.identifier.since, cell: (each) => <Instant at={each.first_seen_at} zone={zone} /> },
              ]}
            />
          </Panel>
          <Panel title={words.links} what={words.linksWhat}>
            {found.links.length === 0 ? (
              <Text size="sm">{words.noLinks}</Text>
            ) : (
              <Rows
                label={words.links}
                rows={found.links}
                rowKey={(each) => `${each.a} ${each.b} ${each.occurred_at} ${each.rule}`}
                columns={[
                  { head: words.link.ends, cell: (each) => <Ends of={found} link={each} /> },
                  {
                    head: words.link.kind,
                    cell: (each) => (
                      <Group gap={4}>
                        {worded(each.kind)}
                        {each.retracted_at != null && <Badge color="red" variant="light">{words.takenBack}</Badge>}
                      </Group>
                    ),
                  },
                  { head: words.link.rule, cell: (each) => each.rule },
                  { head: words.link.confidence, cell: (each) => percentOf(each.confidence), number: true },
                  { head: words.link.source, cell: (each) => each.who ?? each.source },
                  { head: words.link.at, cell: (each) => <Instant at={each.occurred_at} zone={zone} /> },
                ]}
                least={760}
              />
            )}
          </Panel>
          <Panel title={words.questions}>
            {found.holds.length === 0 ? (
              <Empty title={words.questionsNone} what={words.questionsNoneDo} />
            ) : (
              found.holds.map((each) => (
                <Group key={each.id} gap="sm">
                  <Ends of={found} link={each} />
                  <Text size="sm">{worded(each.reason)}</Text>
                  <Badge variant="light">{worded(each.status)}</Badge>
                </Group>
              ))
            )}
          </Panel>
        </Stack>
      )}
    </Asked>
  );
}
