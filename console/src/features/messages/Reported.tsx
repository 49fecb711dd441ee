import { Text } from "@mantine/core";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Spark } from "@/parts/Spark";
import { messageWords } from "@/words/messages";

import { isReported, rate, rates } from "./reported";

const words = messageWords.reported;
const DAYS = 28;

type Reports = components["schemas"]["ReportsView"];
type Channel = components["schemas"]["ReportChannel"];

/** A share with what it is a share of, and how it went by day. */
function Share({ count, of, days, label }: { count: number; of: number; days: (number | null)[]; label: string }) {
  const shown = days.map((each) => (each === null ? "–" : rate(each))).join(", ");
  return (
    <>
      <Text size="sm">{words.share(whole(count), whole(of), of === 0 ? "–" : rate(count / of))}</Text>
      <Spark counts={days.map((each) => each ?? 0)} label={words.byDay(label, shown)} />
    </>
  );
}

/** Bounces, complaints and the rest of what providers report, by channel, with what they are shares of. */
export function Reported() {
  const query = useAsk<Reports>(["messages", "reports", DAYS], () => api.GET("/api/v1/messages/reports", { params: { query: { days: DAYS } } }));
  return (
    <Panel title={words.title} what={words.what}>
      <Asked query={query}>
        {({ channels, time_zone }) =>
          channels.length === 0 ? (
            <Empty title={words.none} what={words.noneDo} />
          ) : (
            <>
              <Rows<Channel>
                label={words.title}
                rows={channels}
                rowKey={(each) => each.channel}
                least={900}
                columns={[
                  { head: words.channel, cell: (each) => <b>{each.channel}</b> },
                  { head: words.provider, cell: (each) => each.provider ?? "–" },
                  { head: words.handed, number: true, cell: (each) => whole(each.handed_over) },
                  { head: words.delivered, cell: (each) => (isReported(each) ? words.share(whole(each.delivered), whole(each.handed_over), rate(each.delivered / each.handed_over)) : words.unreported) },
                  { head: words.bounced, cell: (each) => <Share count={each.bounced} of={each.handed_over} days={rates(each.by_day, "bounce_rate")} label={words.bounced} /> },
                  { head: words.forGood, number: true, cell: (each) => whole(each.bounced_for_good) },
                  { head: words.complained, cell: (each) => <Share count={each.complained} of={each.handed_over - each.bounced} days={rates(each.by_day, "complaint_rate")} label={words.complained} /> },
                  { head: words.unsubscribed, number: true, cell: (each) => whole(each.unsubscribed) },
                ]}
              />
              <Text size="xs" className="ff-quiet">{words.zone(time_zone)}</Text>
            </>
          )
        }
      </Asked>
    </Panel>
  );
}
