import { Button, List, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { Allowed } from "@/parts/Allowed";
import { Asked } from "@/parts/Asked";
import { ByRole } from "@/parts/ByRole";
import { Facts } from "@/parts/Facts";
import { Instant } from "@/parts/Instant";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { ScreenOf } from "@/parts/ScreenOf";
import { To } from "@/parts/To";
import { audienceWords as words } from "@/words/audiences";

import { type Audience, useAudience, useExplained } from "./ask";
import { ByTab, GrowthTab } from "./Numbers";
import { MembersTab } from "./MembersTab";
import { OverlapOf } from "./Overlaps";

function About({ audience }: { audience: Audience }) {
  const explained = useExplained(audience.audience);
  const { facts } = words;
  const charter = audience.charter as Record<string, string | number | null>;
  const said = (name: string) => (charter[name] ? String(charter[name]) : "–");
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title={words.meaning}>
          <Asked query={explained}>
            {({ lines }) => (
              <Stack gap={2}>
                {lines.map((line, place) => (
                  <Text key={place} size="sm" style={{ whiteSpace: "pre-wrap" }}>{line}</Text>
                ))}
              </Stack>
            )}
          </Asked>
        </Panel>
        <Panel title={words.charter}>
          <Facts
            facts={[
              [facts.owner, audience.owner],
              [facts.size, whole(audience.size)],
              [facts.refresh, worded(audience.refresh)],
              [facts.used, audience.used_by.join(", ") || words.unused],
              [facts.action, said("action")],
              [facts.outcome, said("outcome")],
              [facts.success, said("success_metric")],
            ]}
          />
        </Panel>
      </SimpleGrid>
      <Panel title={words.findings}>
        {audience.findings.length === 0 ? (
          <Text size="sm">{words.findingsNone}</Text>
        ) : (
          <List size="sm">
            {audience.findings.map((each) => (
              <List.Item key={each.metric}>{worded(each.metric)} {each.detail}</List.Item>
            ))}
          </List>
        )}
      </Panel>
      <Panel title={words.versions}>
        <Rows
          label={words.versions}
          rows={audience.versions}
          rowKey={(each) => each.version}
          columns={[
            { head: "#", cell: (each) => each.version },
            { head: words.meaning, cell: (each) => each.meaning },
            { head: words.since, cell: (each) => <Instant at={each.at} /> },
          ]}
        />
      </Panel>
    </Stack>
  );
}

/** One audience: what it means and is for, who is in it, how it grew, of whom it consists. */
export function AudiencePage() {
  const { audience } = useParams({ from: "/audiences/$audience" });
  const { tab = "about", by } = useSearch({ from: "/audiences/$audience" });
  const navigate = useNavigate();
  const query = useAudience(audience);
  return (
    <ScreenOf query={query} title={audience} above={<To to="/audiences">{words.title}</To>}>
      {(found) => (
        <Screen
          title={found.audience}
          above={<To to="/audiences">{words.title}</To>}
          what={found.description}
          actions={
            <Allowed needs="workspace.draft" label={words.edit} size="sm">
              <Button component={Link} to={`/audiences/${audience}/edit`} size="sm">{words.edit}</Button>
            </Allowed>
          }
        >
          <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/audiences/$audience", params: { audience }, search: { tab: next ?? "about" } })}>
            <Tabs.List mb="md">
              {Object.entries(words.tabs).map(([name, label]) => (
                <Tabs.Tab key={name} value={name}>{label}</Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="about"><About audience={found} /></Tabs.Panel>
            <Tabs.Panel value="members"><ByRole needs="people.see"><MembersTab audience={audience} /></ByRole></Tabs.Panel>
            <Tabs.Panel value="growth"><GrowthTab audience={audience} /></Tabs.Panel>
            <Tabs.Panel value="breakdown"><ByTab audience={audience} by={by ?? "location"} /></Tabs.Panel>
            <Tabs.Panel value="overlap"><Panel title={words.overlapWith}><OverlapOf audience={audience} /></Panel></Tabs.Panel>
          </Tabs>
        </Screen>
      )}
    </ScreenOf>
  );
}
