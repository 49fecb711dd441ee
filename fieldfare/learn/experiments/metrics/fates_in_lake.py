"""What became of the messages of an experiment, as an Ibis expression over attempts and receipts. It runs nothing.

Attempts are the table ``message_rows``; receipts are events that delivery writes into the log, so they are facts.
"""

from typing import Any

import ibis
from ibis import _

from fieldfare.know.audiences.lake_json import Value
from fieldfare.learn.experiments.metrics.model import Fate

_RANKS = {"Message Failed": 1, "Message Delivered": 2, "Message Bounced": 3}
"""Reports about a message; of several the highest counts, whatever their order. A soft bounce is only a delay."""
_FATES = {Fate.LOST: (1, 3), Fate.FAILED: (1,), Fate.BOUNCED: (3,), Fate.DELIVERED: (2,)}


def messages_with(fate: Fate, messages: Any, facts: Any, journey: str) -> Any:
    """Return (profile_id, occurred_at, hit): each message once, when it was first permitted, and whether it counts.

    Its fate is the last word of its receipts: a hard bounce, else a delivery, else a failure for good. What was handed
    over is tried; what never was is tried, and failed, when that is final.
    """
    ours = messages.filter(_.journey == journey)
    tried = ours.group_by("proposal_id").aggregate(
        profile_id=_.profile_id.argmin(_.granted_at),
        occurred_at=_.granted_at.min(),
        handed=(_.outcome == "handed_over").any(),
    )
    told = facts.filter(_.name.isin(list(_RANKS)))
    words = told.name.cases(*((name, rank) for name, rank in _RANKS.items()), else_=0)
    is_soft = (told.name == "Message Bounced") & ~Value(told.properties, "suppress").truth()
    known = told.filter(Value(told.properties, "journey").equals(journey)).select(
        told_of=Value(told.properties, "proposal_id").text(), word=ibis.ifelse(is_soft, 0, words)
    )
    fates = known.group_by("told_of").aggregate(word=_.word.max())
    joined = tried.left_join(fates, [("proposal_id", "told_of")]).select(*tried.columns, "word")
    counted = joined.mutate(word=joined.word.fill_null(0))
    if fate in {Fate.LOST, Fate.FAILED}:
        among = counted.filter(counted.handed | (counted.word == _RANKS["Message Failed"]))
    else:
        among = counted.filter(counted.handed)
    found = among.mutate(hit=among.word.isin(_FATES[fate]).cast("int64"))
    return found.select("profile_id", "occurred_at", "hit")
