import { Badge, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useSession } from "@/parts/session";
import { userWords as words } from "@/words/users";

import { type NewToken, type Token, useTokens } from "./ask";
import { Secret } from "./Secret";

const STALE = [["tokens"]];

function Make({ made }: { made: (token: NewToken) => void }) {
  const { permissions } = useSession();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [lasts, setLasts] = useState("90 days");
  return (
    <ActButton
      needs="users.manage"
      label={words.newToken}
      done={words.tokenDone}
      reasoned="never"
      stale={STALE}
      button={{ variant: "filled" }}
      act={async () => made(await answer<NewToken>(api.POST("/api/v1/tokens", { body: { name, scopes: scopes as Token["scopes"], lasts } })))}
    >
      <TextInput label={words.token.name} value={name} onChange={(event) => setName(event.currentTarget.value)} required />
      <MultiSelect label={words.scopes} data={permissions} value={scopes} onChange={setScopes} searchable required />
      <TextInput label={words.lasts} value={lasts} onChange={(event) => setLasts(event.currentTarget.value)} required />
    </ActButton>
  );
}

/** Tokens with which machines call the API. */
export function Tokens() {
  const query = useTokens();
  const [made, setMade] = useState<NewToken | null>(null);
  const revoke = (token: string) => () => answer(api.DELETE("/api/v1/tokens/{token}", { params: { path: { token } } }));
  return (
    <Stack>
      {made !== null && <Secret title={words.secret} what={made.token.name} value={made.secret} />}
      <Panel actions={<Make made={setMade} />}>
        <Asked query={query}>
          {(tokens) =>
            tokens.length === 0 ? (
              <Empty title={words.noTokens} what={words.noTokensDo} />
            ) : (
              <Rows
                label={words.tabs.tokens}
                rows={tokens}
                rowKey={(each) => each.id}
                least={820}
                columns={[
                  { head: words.token.name, cell: (each) => <b>{each.name}</b> },
                  { head: words.token.scopes, cell: (each) => each.scopes.join(", ") },
                  { head: words.token.made, cell: (each) => each.created_by },
                  { head: words.token.expires, cell: (each) => <Instant at={each.expires_at} /> },
                  { head: words.token.used, cell: (each) => (each.used_at === null ? words.never : <Instant at={each.used_at} />) },
                  {
                    head: words.token.state,
                    cell: (each) =>
                      each.revoked_at === null ? (
                        <ActButton needs="users.manage" label={words.revoke} done={words.done} reasoned="never" stale={STALE} button={{ size: "compact-xs", color: "red", variant: "light" }} act={revoke(each.id)} />
                      ) : (
                        <Badge color="red" variant="light">{words.revoked}</Badge>
                      ),
                  },
                ]}
              />
            )
          }
        </Asked>
      </Panel>
    </Stack>
  );
}
