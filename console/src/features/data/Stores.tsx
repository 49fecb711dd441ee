import { Text } from "@mantine/core";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Instant } from "@/parts/Instant";
import { bytes, seconds, whole, worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { dataWords } from "@/words/data";

const words = dataWords.store;

type Store = components["schemas"]["StoreView"];

function Holds({ store }: { store: Store }) {
  return (
    <>
      {store.holds.map((each) => (
        <Text key={each.holds} size="sm">{words.holds(worded(each.holds), whole(each.count), each.is_estimate)}</Text>
      ))}
    </>
  );
}

function Lag({ store }: { store: Store }) {
  if (store.lag.length === 0) return <>–</>;
  return (
    <>
      {store.lag.map((each) => (
        <Text key={each.stream} size="sm">{words.behind(worded(each.stream), each.behind, each.behind_s === null ? "" : seconds(each.behind_s))}</Text>
      ))}
    </>
  );
}

/** What each store holds, how large it is, how far it is behind, and when it was backed up. */
export function Stores() {
  const query = useAsk<Store[]>(["stores"], () => api.GET("/api/v1/stores"), { every: 15_000 });
  return (
    <Panel what={words.what}>
      <Asked query={query}>
        {(stores) => (
          <Rows
            label={dataWords.tabs.stores}
            rows={stores}
            rowKey={(each) => each.store}
            least={760}
            columns={[
              { head: words.store, cell: (each) => <b>{words.names[each.store as keyof typeof words.names] ?? each.store}</b> },
              { head: words.kind, cell: (each) => each.kind },
              { head: words.size, number: true, cell: (each) => (each.bytes === null ? "–" : bytes(each.bytes)) },
              { head: words.holdsHead, cell: (each) => <Holds store={each} /> },
              { head: words.lag, cell: (each) => <Lag store={each} /> },
              {
                head: words.backup,
                cell: (each) => (each.backed_up_at !== null ? <Instant at={each.backed_up_at} /> : each.copies_itself ? words.never : words.unknown),
              },
            ]}
          />
        )}
      </Asked>
    </Panel>
  );
}
