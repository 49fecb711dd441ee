import { Badge, Group, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { read, useWorkspace } from "@/parts/workspace";
import { profileWords as words } from "@/words/profiles";

import { useConsent, useConsentHistory } from "./ask";

const COLORS: Record<string, string> = { granted: "green", denied: "red", withdrawn: "red", objected: "red" };
const CHANNELS = ["email", "sms", "push", "whatsapp"];

function useNames() {
  const { data } = useWorkspace();
  const files = data?.files ?? {};
  const named = (path: string, key: string) => {
    const found = read(files, path)[key];
    if (Array.isArray(found)) return found.map((each: Record<string, unknown>) => String(each[key.slice(0, -1)] ?? ""));
    return typeof found === "object" && found !== null ? Object.keys(found) : [];
  };
  const purposes = named("consent.yaml", "purposes").filter(Boolean);
  const channels = named("channels.yaml", "channels").filter(Boolean);
  return { purposes: purposes.length > 0 ? purposes : ["marketing"], channels: channels.length > 0 ? channels : CHANNELS };
}

function RecordAct({ profile }: { profile: string }) {
  const { purposes, channels } = useNames();
  const [action, setAction] = useState("withdraw");
  const [purpose, setPurpose] = useState<string | null>(null);
  const [channel, setChannel] = useState<string | null>(null);
  const [evidence, setEvidence] = useState("");
  return (
    <ActButton
      needs="people.edit"
      label={words.record}
      what={words.recordWhat}
      done={words.recorded}
      stale={[["profiles", profile]]}
      reasoned="may"
      act={({ actor, reason }) =>
        answer(
          api.POST("/api/v1/consent", {
            body: {
              action,
              profile,
              purpose: purpose ?? purposes[0] ?? "marketing",
              channel: channel ?? channels[0] ?? "email",
              source: "console",
              actor,
              ...(evidence !== "" || reason !== "" ? { evidence: [evidence, reason].filter(Boolean).join("; ") } : {}),
            },
          }),
        )
      }
    >
      <Select label={words.consent.action} data={words.actions} value={action} onChange={(next) => setAction(next ?? "withdraw")} allowDeselect={false} />
      <Select label={words.consent.purpose} data={purposes} value={purpose ?? purposes[0] ?? null} onChange={setPurpose} allowDeselect={false} />
      <Select label={words.consent.channel} data={channels} value={channel ?? channels[0] ?? null} onChange={setChannel} allowDeselect={false} />
      <TextInput
        label={words.evidence}
        description={words.evidenceHelp}
        value={evidence}
        onChange={(event) => setEvidence(event.currentTarget.value)}
        required={action === "grant"}
      />
    </ActButton>
  );
}

/** What the person agreed to, by which act, and every act on record. */
export function ConsentTab({ profile, zone }: { profile: string; zone: string | undefined }) {
  const standing = useConsent(profile);
  const history = useConsentHistory(profile);
  const { consent } = words;
  return (
    <Stack>
      <Panel title={words.consentInForce} actions={<RecordAct profile={profile} />}>
        <Asked query={standing}>
          {({ in_force, suppressed }) => (
            <>
              {suppressed.map((each) => (
                <Group key={each.reason} gap="xs">
                  <Badge color="red">{words.suppressed}</Badge>
                  {worded(each.reason)} <Instant at={each.since} zone={zone} />
                </Group>
              ))}
              {in_force.length === 0 ? (
                <Empty title={words.noConsent} what={words.noConsentDo} />
              ) : (
                <Rows
                  label={words.consentInForce}
                  rows={in_force}
                  rowKey={(each) => `${each.purpose} ${each.channel}`}
                  columns={[
                    { head: consent.purpose, cell: (each) => worded(each.purpose) },
                    { head: consent.channel, cell: (each) => each.channel },
                    { head: consent.state, cell: (each) => <Badge variant="light" color={COLORS[each.state] ?? "gray"}>{worded(each.state)}</Badge> },
                    { head: consent.source, cell: (each) => each.source ?? "–" },
                    { head: consent.at, cell: (each) => <Instant at={each.timestamp} zone={zone} /> },
                    { head: consent.until, cell: (each) => <Instant at={each.until} zone={zone} /> },
                    { head: consent.notice, cell: (each) => each.version ?? "–" },
                  ]}
                  least={680}
                />
              )}
            </>
          )}
        </Asked>
      </Panel>
      <Panel title={words.consentHistory}>
        <Asked query={history}>
          {({ records }) => (
            <Rows
              label={words.consentHistory}
              rows={[...records].reverse()}
              rowKey={(each) => String(each.id)}
              columns={[
                { head: consent.at, cell: (each) => <Instant at={each.occurred_at} zone={zone} /> },
                { head: consent.action, cell: (each) => worded(each.action) },
                { head: consent.purpose, cell: (each) => worded(each.purpose) },
                { head: consent.channel, cell: (each) => each.channel },
                { head: consent.source, cell: (each) => each.source },
                { head: consent.notice, cell: (each) => each.notice_version ?? "–" },
              ]}
              least={620}
            />
          )}
        </Asked>
      </Panel>
    </Stack>
  );
}
