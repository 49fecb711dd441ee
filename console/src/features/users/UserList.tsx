import { Badge, Group, MultiSelect, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { userWords as words } from "@/words/users";

import { type Invitation, type User, useRoles, useUsers } from "./ask";
import { Secret } from "./Secret";

const STALE = [["users"]];

function RoleChoice({ value, onChange }: { value: string[]; onChange: (value: string[]) => void }) {
  const roles = useRoles();
  return <MultiSelect label={words.user.roles} data={roles.data?.map((each) => ({ value: each.role, label: worded(each.role) })) ?? []} value={value} onChange={onChange} required />;
}

function Invite({ made }: { made: (invitation: Invitation) => void }) {
  const [name, setName] = useState("");
  const [shown, setShown] = useState("");
  const [roles, setRoles] = useState<string[]>([]);
  return (
    <ActButton
      needs="users.manage"
      label={words.invite}
      done={words.inviteDone}
      reasoned="never"
      stale={STALE}
      button={{ variant: "filled" }}
      act={async () => made(await answer<Invitation>(api.POST("/api/v1/users", { body: { name, display_name: shown, roles: roles as User["roles"] } })))}
    >
      <TextInput label={words.user.name} value={name} onChange={(event) => setName(event.currentTarget.value)} required />
      <TextInput label={words.user.shown} value={shown} onChange={(event) => setShown(event.currentTarget.value)} />
      <RoleChoice value={roles} onChange={setRoles} />
    </ActButton>
  );
}

function UserActs({ user, made }: { user: User; made: (invitation: Invitation) => void }) {
  const params = { path: { user: user.id } };
  const [roles, setRoles] = useState<string[]>(user.roles);
  const change = (body: { roles?: User["roles"]; disabled?: boolean }) => () => answer(api.PATCH("/api/v1/users/{user}", { params, body }));
  const isDisabled = user.disabled_at !== null;
  return (
    <Group gap={4}>
      <ActButton needs="users.manage" label={words.change} done={words.changed} reasoned="never" stale={STALE} button={{ size: "compact-xs" }} act={change({ roles: roles as User["roles"] })}>
        <RoleChoice value={roles} onChange={setRoles} />
      </ActButton>
      <ActButton needs="users.manage" label={words.newLink} done={words.done} reasoned="never" stale={STALE} button={{ size: "compact-xs" }} act={async () => made(await answer<Invitation>(api.POST("/api/v1/users/{user}/link", { params })))} />
      <ActButton needs="users.manage" label={words.endSessions} done={words.done} reasoned="never" stale={STALE} button={{ size: "compact-xs" }} act={() => answer(api.DELETE("/api/v1/users/{user}/sessions", { params }))} />
      {user.has_second_factor && (
        <ActButton needs="users.manage" label={words.dropFactor} done={words.done} reasoned="never" stale={STALE} button={{ size: "compact-xs" }} act={() => answer(api.DELETE("/api/v1/users/{user}/second-factor", { params }))} />
      )}
      <ActButton needs="users.manage" label={isDisabled ? words.enable : words.disable} done={words.done} reasoned="never" stale={STALE} button={{ size: "compact-xs", color: "red", variant: "light" }} act={change({ disabled: !isDisabled })} />
    </Group>
  );
}

function State({ user }: { user: User }) {
  if (user.disabled_at !== null) return <Badge color="red" variant="light">{words.disabled}</Badge>;
  const isActive = user.has_password || user.vouched_by !== null;
  return <Badge color={isActive ? "green" : "gray"} variant="light">{isActive ? words.active : words.invited}</Badge>;
}

/** Users: adding, roles, links, sessions. */
export function UserList() {
  const query = useUsers();
  const [made, setMade] = useState<Invitation | null>(null);
  return (
    <Stack>
      {made !== null && <Secret title={`${words.linkTitle}: ${made.user.name}`} what={words.linkWhat} value={window.location.origin + made.path} />}
      <Panel actions={<Invite made={setMade} />}>
        <Asked query={query}>
          {(users) => (
            <Rows
              label={words.title}
              rows={users}
              rowKey={(each) => each.id}
              least={900}
              columns={[
                { head: words.user.name, cell: (each) => <><b>{each.name}</b><Text size="xs" className="ff-quiet">{each.display_name}</Text></> },
                { head: words.user.roles, cell: (each) => each.roles.map(worded).join(", ") },
                { head: words.user.factor, cell: (each) => (each.has_second_factor ? words.hasFactor : words.noFactor) },
                { head: words.user.state, cell: (each) => <State user={each} /> },
                { head: words.user.since, cell: (each) => <Instant at={each.created_at} /> },
                { head: words.user.acts, cell: (each) => <UserActs user={each} made={setMade} /> },
              ]}
            />
          )}
        </Asked>
      </Panel>
    </Stack>
  );
}
