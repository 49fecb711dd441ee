import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { ByRole } from "@/parts/ByRole";
import { Screen } from "@/parts/Screen";
import { dataWords as words } from "@/words/data";

import { Contracts } from "./Contracts";
import { Letters } from "./Letters";
import { Replay } from "./Replay";
import { Review } from "./Review";
import { Sources } from "./Sources";
import { SqlTab } from "./SqlTab";
import { Stores } from "./Stores";

/** Sources, contracts, dead letters, replay, identity review, stores, SQL. */
export function DataPage() {
  const { tab = "sources" } = useSearch({ from: "/data" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/data", search: { tab: next ?? "sources" } })}>
        <Tabs.List mb="md">
          {(["sources", "contracts", "letters", "replay", "identity", "stores", "sql"] as const).map((name) => (
            <Tabs.Tab key={name} value={name}>{words.tabs[name]}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="sources"><Sources /></Tabs.Panel>
        <Tabs.Panel value="contracts"><Contracts /></Tabs.Panel>
        <Tabs.Panel value="letters"><Letters /></Tabs.Panel>
        <Tabs.Panel value="replay"><Replay /></Tabs.Panel>
        <Tabs.Panel value="stores"><Stores /></Tabs.Panel>
        <Tabs.Panel value="identity"><ByRole needs="people.see"><Review /></ByRole></Tabs.Panel>
        <Tabs.Panel value="sql"><ByRole needs="lake.query"><SqlTab /></ByRole></Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
