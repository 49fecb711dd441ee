import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Screen } from "@/parts/Screen";
import { seasonWords as words } from "@/words/seasons";

import { Calendar } from "./Calendar";
import { ForecastTab } from "./ForecastTab";
import { PhasesTab } from "./PhasesTab";
import { Proposals } from "./Proposals";
import { Readiness } from "./Readiness";
import { Stages } from "./Stages";

/** The year, the forecast, proposals, readiness. */
export function SeasonsPage() {
  const { tab = "calendar" } = useSearch({ from: "/seasons" });
  const navigate = useNavigate();
  return (
    <Screen title={words.title} what={words.what}>
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/seasons", search: { tab: next ?? "calendar" } })}>
        <Tabs.List mb="md">
          {Object.entries(words.tabs).map(([name, label]) => (
            <Tabs.Tab key={name} value={name}>{label}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="calendar"><Calendar /></Tabs.Panel>
        <Tabs.Panel value="phases"><PhasesTab /></Tabs.Panel>
        <Tabs.Panel value="forecast"><ForecastTab /></Tabs.Panel>
        <Tabs.Panel value="proposals"><Proposals /></Tabs.Panel>
        <Tabs.Panel value="readiness"><Readiness /></Tabs.Panel>
        <Tabs.Panel value="stages"><Stages /></Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
