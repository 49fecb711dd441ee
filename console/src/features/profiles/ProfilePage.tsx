import { Badge, Group, Tabs, Text } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { Loading } from "@/parts/Asked";
import { Facts } from "@/parts/Facts";
import { Instant } from "@/parts/Instant";
import { percentOf, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Screen } from "@/parts/Screen";
import { ScreenOf } from "@/parts/ScreenOf";
import { To } from "@/parts/To";
import { useWorkspace, useZones } from "@/parts/workspace";
import { profileWords as words } from "@/words/profiles";

import { Acts } from "./Acts";
import { AudiencesTab } from "./AudiencesTab";
import { useProfile } from "./ask";
import { ConsentTab } from "./ConsentTab";
import { KnownTab } from "./KnownTab";
import { type Profile, zoneOf } from "./model";
import { NotesTab } from "./NotesTab";
import { TimelineTab } from "./TimelineTab";
import { WalksTab } from "./WalksTab";
import { WhoTab } from "./WhoTab";
import { WhyTab } from "./WhyTab";

const TABS = ["known", "timeline", "why", "audiences", "journeys", "consent", "who", "notes"] as const;

function Summary({ profile, zone }: { profile: Profile; zone: string | undefined }) {
  const { facts } = words;
  const kin = profile.household.members.map((each) => <To key={each} to={`/profiles/${each}`}>{words.profile(each)} </To>);
  return (
    <Panel>
      <Facts
        facts={[
          [facts.home, profile.home_location ?? facts.noHome],
          [
            facts.stage,
            profile.stage === null ? "–" : <>{worded(profile.stage)} {facts.since} <Instant at={profile.stage_since} zone={zone} /></>,
          ],
          [facts.first, <Instant key="first" at={profile.first_seen_at} zone={zone} />],
          [facts.last, <Instant key="last" at={profile.last_seen_at} zone={zone} />],
          [facts.match, percentOf(profile.match_confidence)],
          [facts.change, profile.next_change_at === null ? "–" : <Instant key="next" at={profile.next_change_at} zone={zone} />],
          [facts.household, kin.length === 0 ? facts.alone : kin],
          ...(profile.merged_from.length > 0 ? [[facts.merged, profile.merged_from.join(", ")] as const] : []),
        ]}
      />
    </Panel>
  );
}

function Tab({ name, profile, zone }: { name: string; profile: Profile; zone: string | undefined }) {
  const id = String(profile.profile_id);
  switch (name) {
    case "timeline":
      return <TimelineTab profile={id} zone={zone} />;
    case "why":
      return <WhyTab profile={id} zone={zone} />;
    case "audiences":
      return <AudiencesTab profile={profile} zone={zone} />;
    case "journeys":
      return <WalksTab profile={id} zone={zone} />;
    case "consent":
      return <ConsentTab profile={id} zone={zone} />;
    case "who":
      return <WhoTab profile={id} zone={zone} />;
    case "notes":
      return <NotesTab profile={id} zone={zone} />;
    default:
      return <KnownTab profile={profile} zone={zone} />;
  }
}

/** One person: who they are, what is known, what happened, why something was or was not sent. */
export function ProfilePage() {
  const { profile: asked } = useParams({ from: "/profiles/$profile" });
  const { tab = "known" } = useSearch({ from: "/profiles/$profile" });
  const navigate = useNavigate();
  const query = useProfile(asked);
  const zones = useZones();
  const workspace = useWorkspace();
  return (
    <ScreenOf query={query} title={words.profile(asked)} above={<To to="/profiles">{words.title}</To>}>
      {(profile) => {
        if (workspace.isLoading) return <Loading lines={8} />;
        const zone = zoneOf(profile, zones);
        const moved = /^\d+$/.test(asked) && Number(asked) !== profile.profile_id;
        return (
          <Screen
            title={words.profile(profile.profile_id)}
            above={<To to="/profiles">{words.title}</To>}
            what={moved ? <Text size="sm">{words.moved(asked)}</Text> : undefined}
            actions={<Acts profile={String(profile.profile_id)} />}
          >
            <Group gap={6}>
              {Object.keys(profile.audiences).map((each) => (
                <Badge key={each} variant="light" component={Link} to={`/audiences/${each}`} style={{ cursor: "pointer" }}>
                  {each}
                </Badge>
              ))}
            </Group>
            <Summary profile={profile} zone={zone} />
            <Tabs
              value={tab}
              keepMounted={false}
              onChange={(next) => void navigate({ to: "/profiles/$profile", params: { profile: asked }, search: { tab: next ?? "known" } })}
            >
              <Tabs.List>
                {TABS.map((each) => (
                  <Tabs.Tab key={each} value={each}>
                    {words.tabs[each]}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value={tab} pt="md">
                <Tab name={tab} profile={profile} zone={zone} />
              </Tabs.Panel>
            </Tabs>
          </Screen>
        );
      }}
    </ScreenOf>
  );
}
