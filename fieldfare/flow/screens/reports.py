"""What providers reported of messages, by channel, provider and day: bounces, complaints and what else came back.

A message counts on the day on which it was handed over, whenever its report came, so a rate never divides by others'
messages; of the last days reports may still come. A message counts once for each report, however often it was tried or
its provider reports it. Counts come from the lake; nobody is named.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import DAY, local_day, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import OWN_SOURCE

REPORTS = ("delivered", "bounced_for_good", "bounced", "complained", "unsubscribed")
"""What is counted of messages beside ``handed_over``; ``bounced`` holds those for good too."""
_COUNTED = """WITH handed AS (
    SELECT channel, proposal_id, min(granted_at) AS granted_at FROM message_rows
    WHERE granted_at >= $1 AND outcome = 'handed_over' GROUP BY channel, proposal_id
), told AS (
    SELECT properties->>'proposal_id' AS proposal_id, properties->>'channel' AS channel,
        bool_or(name = 'Message Delivered') AS delivered,
        bool_or(name = 'Message Bounced' AND properties->>'suppress' = 'true') AS bounced_for_good,
        bool_or(name = 'Message Bounced') AS bounced,
        bool_or(name = 'Message Complained') AS complained,
        bool_or(name = 'Message Unsubscribed') AS unsubscribed
    FROM event_rows WHERE received_at >= $1 AND source_system = $2 AND name IN
        ('Message Delivered', 'Message Bounced', 'Message Complained', 'Message Unsubscribed')
    GROUP BY 1, 2
)
SELECT h.channel, h.granted_at // 3600000000 AS hour, count(*) AS handed_over, count(*) FILTER (delivered) AS delivered,
    count(*) FILTER (bounced_for_good) AS bounced_for_good, count(*) FILTER (bounced) AS bounced,
    count(*) FILTER (complained) AS complained, count(*) FILTER (unsubscribed) AS unsubscribed
FROM handed h LEFT JOIN told t ON t.proposal_id = h.proposal_id AND t.channel = h.channel GROUP BY 1, 2"""
_HOUR = 3_600_000_000


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """Answers from these parts."""

    lake: Lake
    sync: Callable[[], object]
    clock: Clock
    zone: str
    channels: Mapping[str, ChannelSpec]

    def by_day(self, days: int) -> dict[str, Any]:
        """Return, for each channel, its provider, what was handed over and reported by day, and the rates of all."""
        self.sync()
        now = self.clock.now()
        last_day = local_day(now, self.zone)
        first_day = last_day - days + 1
        rows = self.lake.arrow(_COUNTED, [now - (days + 1) * DAY, OWN_SOURCE]).to_pylist()
        found: dict[str, dict[int, Counter[str]]] = {}
        for row in rows:
            day = local_day(int(row["hour"]) * _HOUR, self.zone)
            if day >= first_day:
                of_day = found.setdefault(row["channel"], {}).setdefault(day, Counter())
                of_day.update({name: int(row[name]) for name in ("handed_over", *REPORTS)})
        told = [self._told(name, found[name], range(first_day, last_day + 1)) for name in sorted(found)]
        return {"days": days, "time_zone": self.zone, "channels": told, "as_of": to_iso(now)}

    def _told(self, channel: str, by_day: Mapping[int, Counter[str]], days: range) -> dict[str, Any]:
        spec = self.channels.get(channel)
        whole: Counter[str] = Counter()
        for counts in by_day.values():
            whole.update(counts)
        return {
            "channel": channel,
            "provider": spec.driver if spec is not None else None,
            **_shown(whole),
            "by_day": [{"day": to_iso(day * DAY)[:10], **_shown(by_day.get(day, Counter()))} for day in days],
        }


def _shown(counts: Mapping[str, int]) -> dict[str, Any]:
    """Return counts and rates; a rate of nothing is none, and only what did not bounce can be complained of."""
    told: dict[str, Any] = {name: counts.get(name, 0) for name in ("handed_over", *REPORTS)}
    handed, arrived = told["handed_over"], told["handed_over"] - told["bounced"]
    told["bounce_rate"] = told["bounced"] / handed if handed else None
    told["complaint_rate"] = told["complained"] / arrived if arrived else None
    return told
