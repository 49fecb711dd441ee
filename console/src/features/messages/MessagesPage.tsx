import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { ByRole } from "@/parts/ByRole";
import { Screen } from "@/parts/Screen";
import { messageWords as words } from "@/words/messages";

import { Broadcasts } from "./Broadcasts";
import { Captured } from "./Captured";
import { Delivery } from "./Delivery";
import { Templates } from "./Templates";

/** Templates, broadcasts, what was captured, delivery. */
export function MessagesPage() {
  const { tab = "templates" } = useSearch({ from: "/messages" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/messages", search: { tab: next ?? "templates" } })}>
        <Tabs.List mb="md">
          {Object.entries(words.tabs).map(([name, label]) => (
            <Tabs.Tab key={name} value={name}>{label}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="templates"><Templates /></Tabs.Panel>
        <Tabs.Panel value="broadcasts"><Broadcasts /></Tabs.Panel>
        <Tabs.Panel value="captured"><ByRole needs="people.reveal"><Captured /></ByRole></Tabs.Panel>
        <Tabs.Panel value="delivery"><ByRole needs="people.see"><Delivery /></ByRole></Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
