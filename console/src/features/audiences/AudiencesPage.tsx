import { Badge, Button, Group, Tabs, Text, TextInput } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { Allowed } from "@/parts/Allowed";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole, worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { audienceWords as words } from "@/words/audiences";

import { useAudiences } from "./ask";
import { OverlapAll } from "./Overlaps";

function List({ find }: { find: string }) {
  const query = useAudiences();
  return (
    <Asked query={query} lines={8}>
      {(all) => {
        const found = all.filter((each) => `${each.audience} ${each.meaning} ${each.owner}`.toLowerCase().includes(find.toLowerCase()));
        if (found.length === 0) return <Empty title={words.none} what={words.noneDo} />;
        return (
          <Rows
            label={words.title}
            rows={found}
            rowKey={(each) => each.audience}
            least={760}
            columns={[
              { head: words.columns.audience, cell: (each) => <To fw={600} to={`/audiences/${each.audience}`}>{each.audience}</To> },
              { head: words.columns.size, number: true, cell: (each) => whole(each.size) },
              {
                head: words.columns.meaning,
                cell: (each) => <Text size="sm" lineClamp={2}>{each.meaning.replace("Profiles that satisfy: ", "")}</Text>,
              },
              { head: words.columns.owner, cell: (each) => each.owner },
              { head: words.columns.used, cell: (each) => each.used_by.join(", ") || words.unused },
              {
                head: words.columns.flags,
                cell: (each) => (
                  <Group gap={4}>
                    {!each.is_exact && <Badge variant="light" color="ochre">{words.about}</Badge>}
                    {each.flags.map((flag) => (
                      <Badge key={flag} variant="light" color="red">{worded(flag)}</Badge>
                    ))}
                  </Group>
                ),
              },
            ]}
          />
        );
      }}
    </Asked>
  );
}

/** All audiences, and how they overlap. */
export function AudiencesPage() {
  const { find = "", tab = "list" } = useSearch({ from: "/audiences" });
  const navigate = useNavigate();
  const go = (search: Record<string, string>) => void navigate({ to: "/audiences", search, replace: true });
  return (
    <Screen
      title={words.title}
      what={words.what}
      actions={
        <Allowed needs="workspace.draft" label={words.create} size="sm">
          <Button component={Link} to="/audiences/new" size="sm">{words.create}</Button>
        </Allowed>
      }
    >
      <Tabs value={tab} keepMounted={false} onChange={(next) => go({ tab: next ?? "list" })}>
        <Tabs.List mb="md">
          <Tabs.Tab value="list">{words.list}</Tabs.Tab>
          <Tabs.Tab value="overlap">{words.overlapAll}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <TextInput label={words.find} value={find} maw={320} mb="sm" onChange={(event) => go({ find: event.currentTarget.value })} />
          <List find={find} />
        </Tabs.Panel>
        <Tabs.Panel value="overlap">
          <OverlapAll />
        </Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
