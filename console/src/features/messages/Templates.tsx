import { Grid } from "@mantine/core";
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
            <Grid.Col span={{ base: 12, lg: 5 }}>
              <Rows
                label={messageWords.tabs.templates}
                rows={found}
                rowKey={(each) => each.template}
                least={380}
                columns={[
                  { head: words.name, cell: (each) => <To to="/messages" search={{ tab: "templates", template: each.template }}>{each.template}</To> },
                  { head: words.channel, cell: (each) => each.channel },
                  { head: words.languages, cell: (each) => each.locales.join(", ") || words.own },
                  { head: words.used, cell: (each) => each.journeys.join(", ") || words.unused },
                ]}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 7 }}>
              {template === undefined ? (
                <Panel>
                  <Empty title={words.choose} what={words.chooseDo} />
                </Panel>
              ) : (
                <OneTemplate key={template} template={template} />
              )}
            </Grid.Col>
          </Grid>
        )
      }
    </Asked>
  );
}
