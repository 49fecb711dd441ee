import { Alert, Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { Screen } from "@/parts/Screen";
import { useMay } from "@/parts/session";
import { userWords as words } from "@/words/users";

import { Acts } from "./Acts";
import { Own } from "./Own";
import { PolicyTab } from "./PolicyTab";
import { Reveals } from "./Reveals";
import { Roles } from "./Roles";
import { Tokens } from "./Tokens";
import { UserList } from "./UserList";

/** Who may sign in, tokens, roles, the record; and what is one's own. */
export function UsersPage() {
  const manages = useMay("users.manage");
  const audits = useMay("audit.read");
  const { tab = manages ? "users" : "own" } = useSearch({ from: "/users" });
  const navigate = useNavigate();
  const shown = [...(manages ? (["users", "tokens", "policy"] as const) : []), "roles" as const, ...(audits ? (["acts", "reveals"] as const) : []), "own" as const];
  return (
    <Screen title={words.title} what={words.what}>
      {!manages && <Alert color="slate">{words.notAllowed}</Alert>}
      <Tabs value={tab} keepMounted={false} onChange={(next) => void navigate({ to: "/users", search: { tab: next ?? "own" } })}>
        <Tabs.List mb="md">
          {shown.map((name) => (
            <Tabs.Tab key={name} value={name}>{words.tabs[name]}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="users"><UserList /></Tabs.Panel>
        <Tabs.Panel value="tokens"><Tokens /></Tabs.Panel>
        <Tabs.Panel value="policy"><PolicyTab /></Tabs.Panel>
        <Tabs.Panel value="roles"><Roles /></Tabs.Panel>
        <Tabs.Panel value="acts"><Acts /></Tabs.Panel>
        <Tabs.Panel value="reveals"><Reveals /></Tabs.Panel>
        <Tabs.Panel value="own"><Own /></Tabs.Panel>
      </Tabs>
    </Screen>
  );
}
