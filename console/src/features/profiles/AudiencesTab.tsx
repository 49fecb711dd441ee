import { Badge, Group, Select, Stack, Text } from "@mantine/core";
import { IconCheck, IconHelp, IconX } from "@tabler/icons-react";
import { useState } from "react";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { worded } from "@/parts/numbers";
import { profileWords as words } from "@/words/profiles";
import { states } from "@/words/shell";

import { useStays, useWhy } from "./ask";
import { type Part, type Profile, told } from "./model";

function Truth({ of }: { of: boolean | null }) {
  if (of === null) return <IconHelp size={18} aria-label={states.unknown} />;
  return of ? (
    <IconCheck size={18} color="var(--ff-good)" aria-label={states.yes} />
  ) : (
    <IconX size={18} color="var(--ff-bad)" aria-label={states.no} />
  );
}

function Reason({ part, zone }: { part: Part; zone: string | undefined }) {
  return (
    <Group gap={6} pl={part.depth * 18} align="flex-start" wrap="nowrap">
      <Truth of={part.truth} />
      <Stack gap={0} style={{ minWidth: 0 }}>
        <Text size="sm">{part.text}</Text>
        <Text size="xs" className="ff-quiet" component="div">
          {part.value !== null && `${told(part.value)} `}
          {part.next_change_at !== null && (
            <>
              {words.nextChange} <Instant at={part.next_change_at} zone={zone} />
            </>
          )}
        </Text>
      </Stack>
    </Group>
  );
}

/** In which audiences the person is, why in one or why not, and every stay. */
export function AudiencesTab({ profile, zone }: { profile: Profile; zone: string | undefined }) {
  const [audience, setAudience] = useState<string | null>(null);
  const id = String(profile.profile_id);
  const why = useWhy(id, audience);
  const stays = useStays(id);
  const { data: workspace } = useWorkspace();
  const names = Object.keys(workspace?.files ?? {})
    .filter((path) => path.startsWith("audiences/"))
    .map((path) => path.slice("audiences/".length).replace(/\.ya?ml$/, ""));
  const member = Object.entries(profile.audiences);
  return (
    <Stack>
      <Panel title={words.inAudience}>
        {member.length === 0 ? (
          <Empty title={words.noAudiences} what={words.noAudiencesDo} />
        ) : (
          member.map(([name, since]) => (
            <Group key={name} gap="sm">
              <To to={`/audiences/${name}`}>{name}</To>
              <Text size="sm" component="div">
                {words.facts.since} <Instant at={since} zone={zone} />
              </Text>
            </Group>
          ))
        )}
      </Panel>
      <Panel title={words.notIn}>
        <Select label={words.chooseAudience} data={names} searchable value={audience} onChange={setAudience} maw={360} />
        {audience !== null && (
          <Asked query={why}>
            {(found) => (
              <Stack gap={6}>
                <Badge color={found.is_member ? "green" : "red"} variant="light">
                  {found.is_member ? words.isIn : words.isOut}
                </Badge>
                {found.parts.map((each, place) => (
                  <Reason key={`${place} ${each.text}`} part={each} zone={zone} />
                ))}
              </Stack>
            )}
          </Asked>
        )}
      </Panel>
      <Panel title={words.stays}>
        <Asked query={stays}>
          {(found) => (
            <Rows
              label={words.stays}
              rows={found.stays}
              rowKey={(each) => `${each.audience} ${each.joined_at}`}
              columns={[
                { head: words.chooseAudience, cell: (each) => each.audience },
                { head: words.joined, cell: (each) => <Instant at={each.joined_at} zone={zone} /> },
                { head: words.joinedBy, cell: (each) => worded(String(each.joined_by ?? "")) },
                { head: words.left, cell: (each) => <Instant at={each.left_at} zone={zone} /> },
                { head: words.leftBy, cell: (each) => worded(String(each.left_by ?? "")) },
              ]}
            />
          )}
        </Asked>
      </Panel>
    </Stack>
  );
}
