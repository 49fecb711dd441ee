"""Exports: for a declared purpose, of whom it may reach, and on record; what is sealed stays a hash unless revealed."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.export_audience import ExportRequest
from fieldfare.flow.export_rows import cell, writer_of
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.know.profiles.store import reveal
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.dispute_store import open_disputes
from fieldfare.trust.consent.model import Suppression
from tests.scenarios.people import LAPSES_AT, NOON, joins, withdrawn
from tests.scenarios.whole import Whole, opened

ASKED = ExportRequest(audience="lapsed", purpose="marketing", actor="kim", reason="flyers", form="jsonl")


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("m-1", NOON, membership_tier="=1+1"), NOON + MINUTE)
        made.play(joins("m-2", NOON + HOUR), NOON + 2 * HOUR)
        made.play([(NOON + DAY, withdrawn("m-2", NOON + DAY))], LAPSES_AT + DAY)
        yield made


def export(whole: Whole, **changes: Any) -> tuple[dict[str, Any], bytes]:
    sink = io.BytesIO()
    exports = open_answers(whole.installation, whole.lake).exports
    return exports.run(msgspec.structs.replace(ASKED, **changes), sink), sink.getvalue()


def rows_of(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


def test_only_whom_the_purpose_may_reach_and_nothing_personal(whole: Whole) -> None:
    fields = ("email", "first_name", "membership_tier", "identifier:user_id", "stage", "recency_days")
    told, body = export(whole, fields=fields)
    assert (told["rows"], told["withheld"]) == (1, 1)
    (row,) = rows_of(body)
    one = whole.profile_id("user_id:m-1")
    assert (row["profile_id"], row["membership_tier"], row["recency_days"]) == (one, "=1+1", 32)
    assert len(row["email"]) == 32, "a keyed hash"
    assert len(row["identifier:user_id"][0]) == 32
    assert b"example.com" not in body
    assert b"Kim" not in body
    assert rows_of(export(whole, fields=fields)[1]) == [row], "the same value is the same hash"
    assert whole.rows(reveal) == []


def test_whose_consent_is_disputed_is_not_taken_out(whole: Whole) -> None:
    one = whole.profile_id("user_id:m-1")
    row = {"platform": "p", "purpose": "marketing", "channel": "*", "subject": b"x", "profile_id": one, "at": NOON}
    with whole.stores.state.write() as connection:
        open_disputes(connection, [row])
    told, _ = export(whole)
    assert (told["rows"], told["withheld"]) == (0, 2)


def test_a_purpose_that_needs_no_consent_reaches_all_but_suppressed_addresses(whole: Whole) -> None:
    assert export(whole, purpose="transactional")[0]["rows"] == 2
    with whole.stores.state.read() as connection:
        records = consent_store.all_records(connection)
    address = next(each.address_hash for each in records if each.profile_id == whole.profile_id("user_id:m-1"))
    assert address is not None
    with whole.stores.state.write() as connection:
        suppression_store.insert_suppressions(
            connection, [Suppression(address_hash=address, reason="complaint", since_at=NOON, source="smtp")]
        )
    assert export(whole, purpose="marketing", channel="email")[0]["rows"] == 0


def test_a_reveal_is_recorded_for_each_person(whole: Whole) -> None:
    told, body = export(whole, fields=("email", "identifier:user_id"), reveal=True)
    assert told["revealed"]
    (row,) = rows_of(body)
    assert (row["email"], row["identifier:user_id"]) == ("m-1@example.com", ["m-1"])
    (recorded,) = whole.rows(reveal, "seq")
    assert (recorded["actor"], recorded["reason"], recorded["profile_id"]) == ("kim", "flyers", row["profile_id"])
    assert recorded["what"] == "export of lapsed: email, identifier:user_id"
    latest = open_answers(whole.installation, whole.lake).exports.latest("lapsed", 10)
    assert [(each["rows"], each["withheld"], each["revealed"], each["purpose"]) for each in latest] == [
        (1, 1, True, "marketing")
    ]
    assert latest[0]["fields"] == ["profile_id", "joined_at", "email", "identifier:user_id"]


def test_every_form_has_the_same_rows(whole: Whole) -> None:
    fields = ("membership_tier", "stage")
    (row,) = rows_of(export(whole, fields=fields)[1])
    (line,) = csv.DictReader(io.StringIO(export(whole, fields=fields, form="csv")[1].decode()))
    assert line == {**row, "profile_id": str(row["profile_id"]), "membership_tier": "'=1+1"}, "no formula"
    assert pq.read_table(io.BytesIO(export(whole, fields=fields, form="parquet")[1])).to_pylist() == [row]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"audience": "lapst"}, "audience_unknown", "`lapsed`"),
        ({"purpose": "marketting"}, "purpose_unknown", "`marketing`"),
        ({"actor": " "}, "export_unsigned", "actor"),
        ({"reason": ""}, "export_unsigned", "reason"),
        ({"form": "xlsx"}, "export_invalid", "`parquet`"),
        ({"channel": "push"}, "export_invalid", "`email` and `sms`"),
        ({"fields": ("emial",)}, "export_field_unknown", "`email`"),
    ],
)
def test_what_cannot_be_meant_is_refused(whole: Whole, changes: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(CallerError) as caught:
        export(whole, **changes)
    assert caught.value.code == code
    assert words in caught.value.message
    assert open_answers(whole.installation, whole.lake).exports.latest(None, 10) == []


def test_consent_that_waits_is_awaited(whole: Whole) -> None:
    now = whole.clock.now()
    whole.send(withdrawn("m-1", now), now)
    with pytest.raises(TransientError) as caught:
        export(whole)
    assert caught.value.code == "consent_waits"
    whole.tick(now)
    assert export(whole)[0]["rows"] == 0


def test_members_of_a_name_that_is_many_bytes_long(whole: Whole) -> None:
    now = whole.clock.now()
    whole.send(identify("m-1", "long", now, {"membership_tier": "ü" * 2_000}), now)
    whole.tick(now)
    assert len(rows_of(export(whole, fields=("membership_tier",))[1])[0]["membership_tier"]) == 2_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (-3, -3),
        (-0.5, -0.5),
        ("-3", "'-3"),
        ("=SUM(A1)", "'=SUM(A1)"),
        ("+49 40", "'+49 40"),
        ("@here", "'@here"),
        ("\tx", "'\tx"),
        ("plain = text", "plain = text"),
        (["=a", "b"], "'=a;b"),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_no_cell_is_a_formula(value: Any, expected: Any) -> None:
    assert cell(value) == expected


def test_a_header_is_no_formula_either() -> None:
    sink = io.BytesIO()
    writer_of("csv", ["=x"], sink).close()
    assert sink.getvalue() == b"'=x\r\n"
