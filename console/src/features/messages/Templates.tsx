import { Grid, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { messageWords } from "@/words/messages";

import { OneTemplate } from "./OneTemplate";

const words = messageWords.template;

interface Template {
  template: string;
  channel: string;
  address: string;
  locales: string[];
  journeys: string[];
}

/** All templates, and the chosen one as a person would get it. */
export function Templates() {
  const { template } = useSearch({ from: "/messages" });
  const query = useAsk<Template[]>(["templates"], () => api.GET("/api/v1/templates"));
  return (
    <Asked query={query}>
      {(found) =>
        found.length === 0 ? (
          <Empty title={words.none} what={words.noneDo} />
        ) : (
          <Grid>
            <Grid.Col span={{ base: 12, lg: 5 }} order={{ base: template === undefined ? 1 : 2, lg: 1 }}>
              <Rows
                label={messageWords.tabs.templates}
                rows={found}
                rowKey={(each) => each.template}
                least={300}
                columns={[
                  {
                    head: words.name,
                    cell: (each) => (
                      <>
                        <To to="/messages" fw={600} search={{ tab: "templates", template: each.template }}>{each.template}</To>
                        <Text size="xs" className="ff-quiet">{each.journeys.join(", ") || words.unused}</Text>
                      </>
                    ),
                  },
                  { head: words.channel, cell: (each) => each.channel },
                  { head: words.languages, cell: (each) => each.locales.join(", ") || words.own },
                ]}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 7 }} order={{ base: template === undefined ? 2 : 1, lg: 2 }}>
              {template === undefined ? (
                <Panel>
                  <Empty title={words.choose} what={words.chooseDo} />
                </Panel>
              ) : (
                <OneTemplate key={template} template={template} kind={found.find((each) => each.template === template)?.address} />
              )}
            </Grid.Col>
          </Grid>
        )
      }
    </Asked>
  );
}
