"""What became of messages: the last word of the receipts, in any order, of those that were tried."""

from collections.abc import Sequence
from itertools import permutations

import duckdb
import ibis
import pyarrow as pa
import pytest

from fieldfare.learn.experiments.metrics.fates_in_lake import messages_with
from fieldfare.learn.experiments.metrics.model import Fate

HANDED, FAILED = "handed_over", "failed"
HARD = ("Message Bounced", True)
SOFT = ("Message Bounced", False)
DELIVERED, GONE = ("Message Delivered", False), ("Message Failed", False)
Told = tuple[str, bool]


def counted(fate: Fate, outcomes: Sequence[str], reports: Sequence[Told], journey: str = "win-back") -> list[int]:
    """Return whether the message counts, nothing when it was not tried."""
    attempts = [
        {"proposal_id": "p", "profile_id": 7, "journey": "win-back", "outcome": each, "granted_at": 100 + at}
        for at, each in enumerate(outcomes)
    ]
    facts = [
        {
            "name": name,
            "properties": f'{{"journey": "{journey}", "proposal_id": "p", "suppress": {str(suppress).lower()}}}',
        }
        for name, suppress in reports
    ]
    names = pa.schema([("name", pa.string()), ("properties", pa.string())])
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("messages", pa.Table.from_pylist(attempts))
        connection.register("told", pa.Table.from_pylist(facts, schema=names))
        lake = ibis.duckdb.from_connection(connection)
        rows = messages_with(fate, lake.table("messages"), lake.table("told"), "win-back").to_pyarrow().to_pylist()
    assert all((row["profile_id"], row["occurred_at"]) == (7, 100) for row in rows)
    return [row["hit"] for row in rows]


@pytest.mark.parametrize(
    ("outcomes", "reports", "fates"),
    [
        ([HANDED], [], set()),
        ([HANDED], [DELIVERED], {Fate.DELIVERED}),
        ([HANDED], [HARD], {Fate.LOST, Fate.BOUNCED}),
        ([HANDED], [GONE], {Fate.LOST, Fate.FAILED}),
        ([HANDED], [SOFT], set()),
        ([HANDED], [SOFT, DELIVERED], {Fate.DELIVERED}),
        ([HANDED], [GONE, DELIVERED], {Fate.DELIVERED}),
        ([HANDED], [DELIVERED, HARD], {Fate.LOST, Fate.BOUNCED}),
        ([HANDED], [GONE, HARD, HARD], {Fate.LOST, Fate.BOUNCED}),
        ([FAILED, HANDED], [DELIVERED], {Fate.DELIVERED}),
    ],
)
def test_the_last_word_counts_in_whatever_order_it_comes(
    outcomes: list[str], reports: list[Told], fates: set[Fate]
) -> None:
    for some in set(permutations(reports)):
        assert {fate for fate in Fate if counted(fate, outcomes, some) == [1]} == fates
        assert all(counted(fate, outcomes, some) in ([0], [1]) for fate in Fate)


def test_what_was_never_handed_over_counts_once_it_failed_for_good() -> None:
    assert counted(Fate.LOST, [FAILED, "rejected"], [GONE]) == [1]
    assert counted(Fate.FAILED, [FAILED], [GONE]) == [1]
    assert counted(Fate.FAILED, [FAILED], []) == [], "it is tried again"
    assert counted(Fate.BOUNCED, [FAILED], [GONE]) == [], "a bounce is of those handed over"
    assert counted(Fate.LOST, ["handing_over"], []) == []


def test_reports_of_another_journey_are_not_its_own() -> None:
    assert counted(Fate.LOST, [HANDED], [HARD], journey="renewal") == [0]
