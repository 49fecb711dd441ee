"""What stands beside a condition: queries, sizes, spans, and what is wrong with them."""

from typing import Any

import msgspec
import pytest

from fieldfare.know.audiences.files import AudienceFile
from fieldfare.know.audiences.model import Audience, Charter, Listed, Refresh, Sync
from fieldfare.know.audiences.parse import parse_audience

WHERE = {"did": "Checked In"}
SQL = "SELECT profile_id FROM events"


def parsed(**said: Any) -> tuple[Audience | None, list[str]]:
    file = msgspec.convert({"audience": "x", **said}, AudienceFile)
    audience, problems = parse_audience(file)
    return audience, [f"{'.'.join(map(str, each.path))}: {each.what}" for each in problems]


def test_a_charter_is_read_and_changes_no_digest() -> None:
    bare, _ = parsed(where=WHERE)
    full, problems = parsed(
        where=WHERE,
        owner="retention",
        action="win-back",
        outcome="back again",
        success_metric="visits",
        expected_size={"at_least": 10, "at_most": 20},
        ttl="2 weeks",
        sync="export",
        refresh="nightly",
    )
    assert problems == []
    assert bare is not None
    assert full is not None
    assert full.charter == Charter("win-back", "back again", "visits", 10, 20, 14, Sync.EXPORT)
    assert (full.refresh, full.is_relaxed, bare.is_relaxed) == (Refresh.NIGHTLY, True, False)
    assert full.digest == bare.digest


def test_a_query_is_an_audience_that_is_not_exact() -> None:
    one, problems = parsed(sql=f"{SQL} ;\n", refresh="hourly")
    other, _ = parsed(sql=f"{SQL} WHERE true", refresh="hourly")
    assert problems == []
    assert one is not None
    assert other is not None
    assert one.condition == Listed("x", SQL)
    assert (one.is_exact, one.is_relaxed) == (False, False)
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "audience: the audience says neither `where` nor `sql`"),
        ({"where": WHERE, "sql": SQL, "refresh": "nightly"}, "sql: the audience says `where` and `sql` at once"),
        ({"sql": SQL}, "sql: an audience by `sql` has no `refresh`"),
        ({"sql": " ; ", "refresh": "nightly"}, "sql: `sql` is empty"),
        ({"sql": "x" * 20_001, "refresh": "nightly"}, "sql: `sql` has 20,001 characters"),
        (
            {"sql": SQL, "refresh": "nightly", "by_phase": {"peak": {"refresh": "live"}}},
            "by_phase.peak.refresh: an audience by `sql` is `live` in a phase",
        ),
        ({"where": WHERE, "by_phase": {"high": {"refresh": "live"}}}, "by_phase.high: `high` is no phase"),
        ({"where": WHERE, "expected_size": {}}, "expected_size: `expected_size` says nothing"),
        (
            {"where": WHERE, "expected_size": {"at_least": 5, "at_most": 4}},
            "expected_size: `expected_size` is from 5 to 4",
        ),
        ({"where": WHERE, "ttl": "30"}, "ttl: `ttl: 30` is not a number of days from 1 to 3650"),
        ({"where": WHERE, "ttl": "5 hours"}, "ttl: `ttl: 5 hours` is not a number of days from 1 to 3650"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(said: dict[str, Any], problem: str) -> None:
    assert parsed(**said) == (None, [problem])
