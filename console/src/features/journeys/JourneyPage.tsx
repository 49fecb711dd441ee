import { Button, Code, Group, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { Allowed } from "@/parts/Allowed";
import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { ScreenOf } from "@/parts/ScreenOf";
import { To } from "@/parts/To";
import { Told } from "@/parts/Told";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords as words } from "@/words/journeys";

import { Acts } from "./Acts";
import { type Journey, useJourney } from "./ask";
import { CanvasTab } from "./CanvasTab";
import { Simulate } from "./Simulate";
import { Stories } from "./Stories";
import { pathOf } from "./text";

function Reasons({ title, of }: { title: string; of: Journey["refused"] }) {
  return (
    <Panel title={title}>
      {of.length === 0 ? (
        <Text size="sm">{words.noReason}</Text>
      ) : (
        <Rows
          label={title}
          rows={of}
          rowKey={(each) => each.reason}
          least={320}
          columns={[
            { head: words.reason.reason, cell: (each) => worded(each.reason) },
            { head: words.reason.count, number: true, cell: (each) => whole(each.count) },
            { head: words.reason.means, cell: (each) => <Told text={each.means} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function NumbersTab({ journey }: { journey: Journey }) {
  return (
    <Stack>
      <Panel title={words.where}>
        {journey.standing.length === 0 ? (
          <Text size="sm">{words.nobody}</Text>
        ) : (
          <Rows
            label={words.where}
            rows={journey.standing}
            rowKey={(each) => each.version + each.step + each.status}
            columns={[
              { head: words.stand.step, cell: (each) => each.step },
              { head: words.stand.does, cell: (each) => each.does },
              { head: words.stand.status, cell: (each) => worded(each.status) },
              { head: words.stand.count, number: true, cell: (each) => whole(each.count) },
              { head: words.stand.version, cell: (each) => <Code>{each.version}</Code> },
            ]}
          />
        )}
      </Panel>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Reasons title={words.refusedTitle} of={journey.refused} />
        <Reasons title={words.endedTitle} of={journey.ended} />
      </SimpleGrid>
    </Stack>
  );
}

function Tab({ name, journey, files, version }: { name: string; journey: Journey; files: Record<string, string>; version: string | undefined }) {
  const text = files[pathOf(journey.journey)] ?? "";
  switch (name) {
    case "numbers":
      return <NumbersTab journey={journey} />;
    case "versions":
      return (
        <Rows
          label={words.tabs.versions}
          rows={journey.versions}
          rowKey={(each) => each.version}
          least={320}
          columns={[
            { head: words.versions.version, cell: (each) => <Code>{each.version}</Code> },
            { head: words.versions.since, cell: (each) => <Instant at={each.first_entered_at} /> },
          ]}
        />
      );
    case "tests":
      return (
        <Stack>
          <Stories name={journey.journey} files={files} />
          <Simulate name={journey.journey} />
        </Stack>
      );
    case "yaml":
      return <Code block tabIndex={0}>{text}</Code>;
    default:
      return <CanvasTab journey={journey} text={text} version={version} />;
  }
}

/** One journey: its canvas with who is where, its numbers, versions, stories and text. */
export function JourneyPage() {
  const { journey: name } = useParams({ from: "/journeys/$journey" });
  const { tab = "canvas", version } = useSearch({ from: "/journeys/$journey" });
  const navigate = useNavigate();
  const query = useJourney(name);
  const workspace = useWorkspace();
  return (
    <ScreenOf query={query} title={name} above={<To to="/journeys">{words.title}</To>}>
      {(found) => (
        <Screen
          title={found.journey}
          above={<To to="/journeys">{words.title}</To>}
          what={found.description}
          actions={
            <Group gap="xs">
              <Acts name={name} byCall={found.enters_by.includes("API")} />
              <Allowed needs="workspace.draft" label={words.edit} size="sm">
                <Button component={Link} to={`/journeys/${name}/edit`} size="sm">{words.edit}</Button>
              </Allowed>
            </Group>
          }
        >
          <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/journeys/$journey", params: { journey: name }, search: { tab: next ?? "canvas" } })}>
            <Tabs.List mb="md">
              {Object.entries(words.tabs).map(([each, label]) => (
                <Tabs.Tab key={each} value={each}>{label}</Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value={tab}>
              <Asked query={workspace}>{({ files }) => <Tab name={tab} journey={found} files={files} version={version} />}</Asked>
            </Tabs.Panel>
          </Tabs>
        </Screen>
      )}
    </ScreenOf>
  );
}
