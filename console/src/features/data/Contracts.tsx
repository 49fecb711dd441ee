import { Badge, Code, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Told } from "@/parts/Told";
import { dataWords as words } from "@/words/data";

import { Violations } from "./Violations";

interface Contract {
  event: string;
  version: number;
  is_shipped: boolean;
  fields: number;
  description: string;
}

interface Suggestion {
  event: string;
  has_contract: boolean;
  events: number;
  yaml: string;
}

function Suggestions() {
  const query = useAsk<{ suggestions: Suggestion[] }>(["contracts", "suggest"], () => api.GET("/api/v1/contracts/suggest"));
  return (
    <Panel title={words.suggest}>
      <Asked query={query}>
        {({ suggestions }) => {
          const bare = suggestions.filter((each) => !each.has_contract);
          if (bare.length === 0) return <Text size="sm">{words.noSuggest}</Text>;
          return bare.map((each) => (
            <details key={each.event}>
              <summary style={{ cursor: "pointer" }}>
                {each.event} ({whole(each.events)})
              </summary>
              <Code block tabIndex={0}>{each.yaml}</Code>
            </details>
          ));
        }}
      </Asked>
    </Panel>
  );
}

/** What events must be: contracts in force, and what could be declared of the rest. */
export function Contracts() {
  const [find, setFind] = useState("");
  const query = useAsk<Contract[]>(["contracts"], () => api.GET("/api/v1/contracts"));
  return (
    <Stack>
      <Violations />
      <Panel title={words.inForce}>
        <TextInput label={words.find} value={find} onChange={(event) => setFind(event.currentTarget.value)} maw={320} />
        <Asked query={query}>
          {(all) => (
            <Rows
              label={words.tabs.contracts}
              rows={all.filter((each) => `${each.event} ${each.description}`.toLowerCase().includes(find.toLowerCase())).sort((one, other) => Number(one.is_shipped) - Number(other.is_shipped))}
              rowKey={(each) => `${each.event} ${each.version}`}
              columns={[
                { head: words.contract.event, cell: (each) => <b>{each.event}</b> },
                { head: words.contract.version, number: true, cell: (each) => each.version },
                { head: words.contract.fields, number: true, cell: (each) => each.fields },
                { head: words.contract.what, cell: (each) => <Told text={each.description} /> },
                { head: words.contract.from, cell: (each) => <Badge variant="light" color={each.is_shipped ? "gray" : "slate"}>{each.is_shipped ? words.contract.shipped : words.contract.own}</Badge> },
              ]}
            />
          )}
        </Asked>
      </Panel>
      <Suggestions />
    </Stack>
  );
}
