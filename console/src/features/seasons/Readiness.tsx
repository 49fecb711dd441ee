import { Badge, Text } from "@mantine/core";

import { api } from "@/api/client";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { worded } from "@/parts/numbers";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Told } from "@/parts/Told";
import { seasonWords as words } from "@/words/seasons";

const COLORS: Record<string, string> = { ok: "green", warn: "ochre", fail: "red", unknown: "gray" };

interface Ready {
  peak: { season: string; in_days: number } | null;
  checks: { check: string; verdict: string; found: string; limit: string; fix: string }[];
}

/** Whether all is ready for the next peak, and what to do where it is not. */
export function Readiness() {
  const query = useAsk<Ready>(["readiness"], () => api.GET("/api/v1/seasons/readiness"));
  return (
    <Asked query={query}>
      {({ peak, checks }) => (
        <Panel>
          <Text fw={600}>{peak === null ? words.noPeak : words.peak(worded(peak.season), peak.in_days)}</Text>
          <Rows
            label={words.tabs.readiness}
            rows={checks}
            rowKey={(each) => each.check}
            least={760}
            columns={[
              { head: words.check.check, cell: (each) => worded(each.check) },
              { head: words.check.verdict, cell: (each) => <Badge variant="light" color={COLORS[each.verdict] ?? "gray"}>{words.verdicts[each.verdict] ?? each.verdict}</Badge> },
              { head: words.check.found, cell: (each) => each.found },
              { head: words.check.limit, cell: (each) => each.limit },
              { head: words.check.fix, cell: (each) => <Told text={each.fix} /> },
            ]}
          />
        </Panel>
      )}
    </Asked>
  );
}
