import { Badge, Code, Group, List, Stack, Text } from "@mantine/core";

import type { ReactNode } from "react";

import { verdictWords as words } from "@/words/verdicts";

import { Instant } from "./Instant";
import { worded } from "./numbers";

export interface Judged {
  at: string;
  decision: string;
  reasons: string[];
  words?: string[];
  inputs: Record<string, unknown>;
  channel: string | null;
  template: string | null;
  step?: string | null;
  arm?: string | null;
  phase?: string | null;
  delivery_status: string | null;
  policy_version?: string | null;
  journey_version?: string | null;
  journey?: string | null;
}

const COLORS: Record<string, string> = { permit: "green", refusal: "red", deferral: "ochre" };

export function DecisionBadge({ decision }: { decision: string }) {
  return (
    <Badge variant="light" color={COLORS[decision] ?? "gray"}>
      {words.decisions[decision] ?? worded(decision)}
    </Badge>
  );
}

/** One verdict of the gate: what was decided, every reason, what the rules looked at, and by which versions. */
export function Verdict({ verdict, zone, actions }: { verdict: Judged; zone?: string | undefined; actions?: ReactNode }) {
  const sentences = verdict.words !== undefined && verdict.words.length > 0 ? verdict.words : verdict.reasons.map(worded);
  const more = [
    [words.step, verdict.step],
    [words.arm, verdict.arm],
    [words.delivery, verdict.delivery_status === null ? null : worded(verdict.delivery_status)],
  ].filter((each): each is [string, string] => typeof each[1] === "string" && each[1] !== "");
  const versions = [
    [words.phase, verdict.phase?.replaceAll(",", ", ")],
    [words.policies, verdict.policy_version],
    [words.version, verdict.journey_version],
  ].filter(([, value]) => value != null && value !== "");
  const inputs = [...Object.entries(verdict.inputs), ...(versions as [string, string][])];
  return (
    <Stack gap={4} py="xs" style={{ borderBottom: "1px solid var(--ff-line)" }}>
      <Group gap="xs">
        <DecisionBadge decision={verdict.decision} />
        <Text size="sm" fw={600}>
          {[verdict.journey, verdict.template, verdict.channel].filter(Boolean).join(" · ")}
        </Text>
        <Text size="sm" component="div">
          <Instant at={verdict.at} zone={zone} />
        </Text>
      </Group>
      {sentences.length > 0 && (
        <List size="sm">
          {sentences.map((each) => (
            <List.Item key={each}>{each}</List.Item>
          ))}
        </List>
      )}
      <Text size="xs" className="ff-quiet">
        {more.map(([name, value]) => `${name} ${value}`).join(" · ")}
      </Text>
      {inputs.length > 0 && (
        <details>
          <summary style={{ cursor: "pointer", fontSize: "var(--mantine-font-size-xs)" }}>{words.inputs}</summary>
          <Code block mt={4}>
            {inputs.map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`).join("\n")}
          </Code>
        </details>
      )}
      {actions}
    </Stack>
  );
}
