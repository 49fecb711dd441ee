import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Screen } from "@/parts/Screen";
import { changeWords as words } from "@/words/changes";

import { DraftTab } from "./DraftTab";
import { History } from "./History";

/** Plan, apply, history. */
export function ChangesPage() {
  const { tab = "draft" } = useSearch({ from: "/changes" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/changes", search: { tab: next ?? "draft" } })}>
        <Tabs.List mb="md">
          <Tabs.Tab value="draft">{words.tabs.draft}</Tabs.Tab>
          <Tabs.Tab value="history">{words.tabs.history}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="draft">
          <DraftTab />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History />
        </Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
