import { Badge, Button, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";

import type { Signed } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { read, useWorkspace } from "@/parts/workspace";
import { profileWords as words } from "@/words/profiles";

import { useTrait } from "./ask";
import { Correct, CorrectOther } from "./Correct";
import { flow, type Profile, told } from "./model";
import { RevealButton, useReveal } from "./reveal";

interface HistoryRow {
  value: unknown;
  sealed: boolean;
  survives: boolean;
  reason: string | null;
  occurred_at: string;
  event: string | null;
  event_id: string;
  corrected_by: { actor: string; reason: string | null } | null;
  lifted_by: Signed | null;
}

/** Whether a value stands, else why not; of a correction who did it and, when revealed, why; who lifted it and why. */
function Standing({ each }: { each: HistoryRow }) {
  return (
    <>
      {each.survives ? <Badge variant="light">{words.survives}</Badge> : worded(each.reason ?? "")}
      {each.corrected_by && <Text size="xs">{words.correct.by(each.corrected_by.actor, each.corrected_by.reason)}</Text>}
      {each.lifted_by && <Text size="xs">{words.correct.liftedBy(each.lifted_by.actor, each.lifted_by.reason)}</Text>}
    </>
  );
}

function History({ profile, trait, zone, close }: { profile: string; trait: string | null; zone: string | undefined; close: () => void }) {
  const { reveal, setReveal } = useReveal();
  const query = useTrait(profile, trait, reveal);
  return (
    <Modal opened={trait !== null} onClose={close} size="lg" title={words.historyOf(trait ?? "")}>
      <Stack>
        <RevealButton reveal={reveal} onReveal={setReveal} />
        <Asked query={query}>
          {(found) => (
            <Rows
              label={words.historyOf(trait ?? "")}
              rows={found.values as HistoryRow[]}
              rowKey={(each) => `${each.event_id} ${String(each.value)}`}
              columns={[
                { head: words.trait.value, cell: (each) => (each.sealed && reveal === null ? words.sealed : told(each.value)) },
                { head: words.trait.when, cell: (each) => <Instant at={each.occurred_at} zone={zone} /> },
                { head: words.timelineEvent, cell: (each) => each.event ?? "–" },
                { head: words.standing, cell: (each) => <Standing each={each} /> },
              ]}
            />
          )}
        </Asked>
      </Stack>
    </Modal>
  );
}

/** Traits with where they come from, and what is computed from them. */
export function KnownTab({ profile, zone }: { profile: Profile; zone: string | undefined }) {
  const [trait, setTrait] = useState<string | null>(null);
  const traits = Object.entries(profile.traits);
  const computed = Object.entries(profile.computed);
  const { data: workspace } = useWorkspace();
  const definitions = read(workspace?.files ?? {}, "traits.yaml").computed as Record<string, unknown> | undefined;
  return (
    <Stack>
      <Panel title={words.traits}>
        {traits.length === 0 ? (
          <Empty title={words.traitsEmpty} what={words.traitsEmptyDo} />
        ) : (
          <Rows
            label={words.traits}
            rows={traits}
            rowKey={([name]) => name}
            columns={[
              { head: words.trait.name, cell: ([name]) => <Text size="sm" fw={600}>{name}</Text> },
              {
                head: words.trait.value,
                cell: ([, fact]) => (fact.sealed ? <Badge variant="default">{words.sealed}</Badge> : told(fact.value)),
              },
              { head: words.trait.source, cell: ([, fact]) => fact.field_source ?? "–" },
              { head: words.trait.basis, cell: ([, fact]) => worded(fact.basis ?? "–") },
              { head: words.trait.when, cell: ([, fact]) => <Instant at={fact.occurred_at} zone={zone} /> },
              {
                head: words.history,
                cell: ([name]) => (
                  <Button size="compact-xs" variant="default" onClick={() => setTrait(name)} aria-label={words.historyButton(name)}>
                    {words.history}
                  </Button>
                ),
              },
              {
                head: words.correct.act,
                cell: ([name, fact]) => <Correct profile={String(profile.profile_id)} trait={name} isCorrected={fact.basis === "corrected"} />,
              },
            ]}
            least={860}
          />
        )}
        <CorrectOther profile={String(profile.profile_id)} />
      </Panel>
      {computed.length > 0 && (
        <Panel title={words.computed}>
          <Rows
            label={words.computed}
            rows={computed}
            rowKey={([name]) => name}
            columns={[
              { head: words.trait.name, cell: ([name]) => <Text size="sm" fw={600}>{name}</Text> },
              { head: words.trait.value, cell: ([, each]) => (each.is_computable ? told(each.value) : words.notComputable) },
              { head: words.trait.definition, cell: ([name]) => flow(definitions?.[name]) },
              { head: words.trait.until, cell: ([, each]) => <Instant at={each.valid_until} zone={zone} /> },
            ]}
            least={720}
          />
        </Panel>
      )}
      <History profile={String(profile.profile_id)} trait={trait} zone={zone} close={() => setTrait(null)} />
    </Stack>
  );
}
