import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Screen } from "@/parts/Screen";
import { dataWords as words } from "@/words/data";

import { Contracts } from "./Contracts";
import { Letters } from "./Letters";
import { Review } from "./Review";
import { Sources } from "./Sources";
import { SqlTab } from "./SqlTab";

/** Sources, contracts, dead letters, identity review, SQL. */
export function DataPage() {
  const { tab = "sources" } = useSearch({ from: "/data" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/data", search: { tab: next ?? "sources" } })}>
        <Tabs.List mb="md">
          {(["sources", "contracts", "letters", "identity", "sql"] as const).map((name) => (
            <Tabs.Tab key={name} value={name}>{words.tabs[name]}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="sources"><Sources /></Tabs.Panel>
        <Tabs.Panel value="contracts"><Contracts /></Tabs.Panel>
        <Tabs.Panel value="letters"><Letters /></Tabs.Panel>
        <Tabs.Panel value="identity"><Review /></Tabs.Panel>
        <Tabs.Panel value="sql"><SqlTab /></Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
