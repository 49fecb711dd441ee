"""Dead letters over the true stores: listed, opened, repaired exactly once whatever happens, discarded."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.installation import open_dead_letters
from fieldfare.collect import store as collect_store
from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.store import dead_letter
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, track
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.letter_requests import LetterAnswers, LetterRequest
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import DAY, HOUR, to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import Whole, opened

NAME = "Zaphod"
ADD_USER = [{"op": "add", "path": "/userId", "value": "m-1"}]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("m-1", NOON), NOON + HOUR)
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """One on each database, for what its statements do."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        made.play(joins("m-1", NOON), NOON + HOUR)
        yield made


def nobody(number: int, at: int = NOON + HOUR, **more: Any) -> dict[str, Any]:
    """Return a check-in that names nobody."""
    call = trains("x", at) | {"messageId": f"n-{number}"} | more
    del call["userId"]
    call["properties"] = call["properties"] | {"coach": NAME}
    return call


def answers(whole: Whole) -> LetterAnswers:
    return LetterAnswers(open_dead_letters(whole.installation), whole.workspace.time_zone)


def ask(**more: Any) -> LetterRequest:
    return LetterRequest(**more)


def bring(whole: Whole, *calls: dict[str, Any], source: str = "app") -> None:
    whole.send(list(calls), whole.clock.now(), source)
    whole.tick(whole.clock.now())


def in_lake(whole: Whole) -> list[tuple[Any, ...]]:
    whole.installation.loader(whole.lake).sync()
    return whole.lake.query(
        "SELECT event_id, name, mode, epoch_us(occurred_at) FROM events WHERE name = 'check_in' ORDER BY ALL", 1_000
    ).rows


def states(whole: Whole) -> list[str]:
    return [row["state"] for row in whole.rows(dead_letter)]


def test_they_are_counted_and_listed_without_a_value(both: Whole) -> None:
    bring(both, nobody(1), nobody(2), {"type": "hop", "userId": NAME}, {"type": "track", "userId": NAME})
    found = answers(both).overview(ask(limit=2))
    assert found["total"] == 4
    assert {(row["reason"], row["event"], row["count"]) for row in found["counts"]} == {
        ("no_identifier", "check_in", 2),
        ("unknown_type", None, 1),
        ("name_missing", None, 1),
    }
    assert [row["state"] for row in found["letters"]] == ["open", "open"]
    assert NAME not in json.dumps(answers(both).overview(ask()))
    assert answers(both).overview(ask(reason="no_identifier", source="app", event="check_in"))["total"] == 2
    assert answers(both).overview(ask(first="2025-03-04"))["total"] == 0
    assert answers(both).overview(ask(first="2025-03-03", last="2025-03-03", state="open"))["total"] == 4


def test_a_value_that_stands_for_nobody_is_no_identifier(both: Whole) -> None:
    values = ("guest", "0", "ANONYMOUS", "undefined")
    guests = [nobody(number) | {"userId": value} for number, value in enumerate(values)]
    before = in_lake(both)
    bring(both, *guests, nobody(9) | {"userId": "guest", "anonymousId": "a-1"})
    found = answers(both).overview(ask())["counts"]
    assert [(row["reason"], row["event"], row["count"]) for row in found] == [("no_identifier", "check_in", 4)]
    assert [event_id for event_id, *_ in in_lake(both) if event_id.startswith("n-")] == ["n-9"]
    assert len(in_lake(both)) == len(before) + 1
    told = answers(both).repair(ask(reason="no_identifier"))
    assert told["still_dead"] == {"no_identifier": 4}, "what would be dead again is not sent again"
    patch = [{"op": "replace", "path": "/userId", "value": "m-1"}]
    assert answers(both).repair(ask(reason="no_identifier", patch=patch, apply=True))["closed"] == 4
    both.tick(both.clock.now())
    assert len(in_lake(both)) == len(before) + 5


def test_what_is_sent_again_and_dead_again_is_a_letter_every_time(whole: Whole, tmp_path: Path) -> None:
    bring(whole, nobody(1))
    strict = shutil.copytree(FITNESS, tmp_path / "strict")
    (strict / "contracts").mkdir(exist_ok=True)
    (strict / "contracts" / "check_in.yaml").write_text(
        "event: check_in\nversion: 9\nschema: {required: [door]}\n", encoding="utf-8"
    )
    for _ in range(2):
        told = answers(whole).repair(ask(patch=ADD_USER if not states(whole)[1:] else [], apply=True))
        assert told["closed"] == 1, told
        whole.use(strict)  # the worker has been given other definitions meanwhile
        whole.tick(whole.clock.now())
        whole.use(FITNESS)
        assert states(whole)[-1] == "open"
    assert len(states(whole)) == 3


@pytest.mark.parametrize("wrong", [{"reason": "bad mood"}, {"state": "gone"}])
def test_a_filter_that_nothing_can_match_is_refused(whole: Whole, wrong: dict[str, str]) -> None:
    with pytest.raises(CallerError) as caught:
        answers(whole).overview(ask(**wrong))
    assert caught.value.code == "filter_invalid"


def test_one_is_opened(whole: Whole) -> None:
    bring(whole, nobody(1))
    (row,) = answers(whole).overview(ask())["letters"]
    found = answers(whole).show(row["place"])
    assert json.loads(found["raw"])["properties"]["coach"] == NAME
    assert found["raw_state"] == "opened"
    with pytest.raises(CallerError) as caught:
        answers(whole).show("1-9999-0")
    assert (caught.value.code, caught.value.status) == ("dead_letter_unknown", 404)


def test_a_dry_run_says_what_would_pass_and_changes_nothing(whole: Whole) -> None:
    bring(whole, nobody(1), nobody(2, event=""), {"type": "hop"})
    before = whole.rows(dead_letter), whole.stores.log.head(NORMAL)
    found = answers(whole).repair(ask(patch=ADD_USER))
    assert (found["matched"], found["passing"], found["still_dead"]) == (3, 1, {"name_missing": 1, "unknown_type": 1})
    assert [each["outcome"] for each in found["examples"]] == [
        "passes",
        "still dead: name_missing",
        "still dead: unknown_type",
    ]
    assert NAME not in json.dumps(found)
    assert found["examples"][0]["after"]["userId"] == "<text, new>"
    revealed = answers(whole).repair(ask(patch=ADD_USER, reveal=True, examples=1))
    assert revealed["examples"][0]["after"]["userId"] == "m-1"
    assert NAME in json.dumps(revealed["examples"][0]["before"])
    assert (whole.rows(dead_letter), whole.stores.log.head(NORMAL)) == before


def test_what_passes_is_sent_again_once_with_its_own_time_and_as_backfill(whole: Whole) -> None:
    late = to_iso(NOON + 30 * 60_000_000)
    bring(whole, nobody(1, timestamp=late), nobody(2, event=""))
    whole.tick(NOON + 3 * DAY)
    proposals = whole.proposals()
    found = answers(whole).repair(ask(patch=ADD_USER, apply=True))
    assert (found["passing"], found["closed"]) == (1, 1)
    assert sorted(states(whole)) == ["open", "repaired"]
    again = answers(whole).repair(ask(patch=ADD_USER, apply=True))
    assert (again["matched"], again["closed"]) == (1, 0)
    whole.tick(NOON + 3 * DAY)
    assert [row for row in in_lake(whole) if row[0] == "n-1"] == [
        ("n-1", "check_in", "backfill", NOON + 30 * 60_000_000)
    ]
    assert whole.proposals() == proposals
    closed = next(row for row in whole.rows(dead_letter) if row["state"] == "repaired")
    assert (closed["sealed"], closed["closed_at"]) == (b"", NOON + 3 * DAY)
    assert closed["closed_why"].startswith("patch ")
    place = f"{closed['partition']}-{closed['offset']}-{closed['index']}"
    assert answers(whole).show(place)["raw_state"] == "emptied"


def test_without_a_patch_it_is_tried_under_the_definitions_of_now(whole: Whole, tmp_path: Path) -> None:
    strict, loose = tmp_path / "strict", tmp_path / "loose"
    for folder, rule in ((strict, "quarantine"), (loose, "keep")):
        shutil.copytree(FITNESS, folder)
        (folder / "collect.yaml").write_text(f"unknown_events: {rule}\n", encoding="utf-8")
    whole.use(strict)
    bring(whole, track("sauna_used", "m-1", "s-1", whole.clock.now(), {}))
    assert answers(whole).repair(ask(apply=True))["still_dead"] == {"unknown_event": 1}
    whole.use(loose)
    assert answers(whole).repair(ask(apply=True))["closed"] == 1
    whole.tick(whole.clock.now())
    whole.installation.loader(whole.lake).sync()
    assert whole.lake.query("SELECT event_id FROM events WHERE name = 'sauna_used'", 2).rows == [("s-1",)]


class DyingLog:
    """The log of a process that is killed right after its append."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.appended = 0

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        self._log.append(partition, entries)
        self.appended += 1
        raise TransientError("killed", "The process ended here.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@pytest.mark.parametrize("with_id", [True, False])
def test_killed_between_append_and_closing_it_counts_once(both: Whole, *, with_id: bool) -> None:
    call = nobody(1)
    if not with_id:
        del call["messageId"]
    bring(both, {"type": "hop"}, call)
    made = open_dead_letters(both.installation)
    made._log = DyingLog(made._log)
    with pytest.raises(TransientError):
        LetterAnswers(made, "UTC").repair(ask(patch=ADD_USER, apply=True, event="check_in"))
    assert set(states(both)) == {"open"}
    both.tick(both.clock.now() + 40 * DAY)
    assert answers(both).repair(ask(patch=ADD_USER, apply=True, event="check_in"))["closed"] == 1
    both.tick(both.clock.now())
    assert len([row for row in in_lake(both) if row[2] == "backfill"]) == 1


def test_planted_a_resubmission_under_another_id_counts_twice(whole: Whole) -> None:
    """The test above can fail: a patch that names the event anew after it was appended counts again."""
    bring(whole, nobody(1))
    made = open_dead_letters(whole.installation)
    made._log = DyingLog(made._log)
    with pytest.raises(TransientError):
        LetterAnswers(made, "UTC").repair(ask(patch=ADD_USER, apply=True))
    renamed = [*ADD_USER, {"op": "replace", "path": "/messageId", "value": "other"}]
    answers(whole).repair(ask(patch=renamed, apply=True))
    whole.tick(whole.clock.now())
    assert len([row for row in in_lake(whole) if row[2] == "backfill"]) == 2


def test_an_event_that_was_accepted_meanwhile_counts_once(whole: Whole) -> None:
    bring(whole, nobody(1))
    bring(whole, {**nobody(1), "userId": "m-1"})
    assert answers(whole).repair(ask(patch=ADD_USER, apply=True))["closed"] == 1
    whole.tick(whole.clock.now())
    assert [row[2] for row in in_lake(whole) if row[0] == "n-1"] == ["live"]


def test_page_by_page_nobody_is_left_out(both: Whole) -> None:
    for number in range(7):
        bring(both, nobody(2 * number), nobody(2 * number + 1))
    made = open_dead_letters(both.installation)
    made._page = 3
    found = LetterAnswers(made, "UTC").repair(ask(patch=ADD_USER, apply=True))
    assert (found["matched"], found["closed"]) == (14, 14)
    both.tick(both.clock.now())
    assert len([row for row in in_lake(both) if row[2] == "backfill"]) == 14


def test_filters_and_conditions_choose(whole: Whole) -> None:
    bring(whole, nobody(1, context={"channel": "kiosk"}), nobody(2), nobody(3, event="class_booked"))
    (row,) = answers(whole).overview(ask(event="class_booked"))["letters"]
    told = answers(whole)
    assert told.repair(ask(where=["context.channel=kiosk"]))["matched"] == 1
    assert told.repair(ask(where=["properties.coach=Ford"]))["matched"] == 0
    assert told.repair(ask(place=row["place"]))["matched"] == 1
    assert told.repair(ask(source="app", reason="no_identifier", event="check_in"))["matched"] == 2


def test_consent_that_is_repaired_goes_first(whole: Whole) -> None:
    call = track(CONSENT_EVENT, "", "c-1", whole.clock.now(), consent("email", "withdraw", "phone"))
    call["context"] = {"consent": {"x": 1}}
    whole.send(call, whole.clock.now(), partition=NORMAL)
    whole.tick(whole.clock.now())
    urgent = whole.stores.log.head(URGENT)
    assert answers(whole).repair(ask(patch=ADD_USER, apply=True))["closed"] == 1
    assert whole.stores.log.head(URGENT) == urgent + 1


@pytest.mark.parametrize(
    ("marker", "reason", "whence"),
    [("fieldfare:bad_row", "bad_row", "from_file"), ("fieldfare:unmapped", "unmapped", "from_webhook")],
)
def test_what_no_call_was_made_of_is_repaired_by_a_patch_alone(
    whole: Whole, marker: str, reason: str, whence: str
) -> None:
    row: dict[str, Any] = {"type": marker, "row": 3, "problem": "`spend` is no number"}
    begun = {**row, "call": trains("m-1", NOON) | {"messageId": "row-3"}}
    at, body = whole.clock.now(), msgspec.json.encode({"batch": [row, begun]})
    made = Envelope(mode=Mode.BACKFILL, source="app", kind="batch", received_at=at, body=body)
    made = msgspec.structs.replace(made, **{whence: True})
    whole.stores.log.append(NORMAL, [seal_envelope(whole.stores.keys, made)])
    whole.tick(at)
    found = answers(whole).repair(ask(reason=reason))
    assert found["left_alone"] == {"no_call": 1, "patch_needed": 1}
    assert set(found["why_left_alone"]) == {"no_call", "patch_needed"}
    patch = [{"op": "add", "path": "/properties/spend", "value": 3}]
    found = answers(whole).repair(ask(reason=reason, patch=patch, apply=True))
    assert (found["left_alone"], found["closed"]) == ({"no_call": 1}, 1)
    whole.tick(at)
    assert [event[0] for event in in_lake(whole) if event[2] == "backfill"] == ["row-3"]


def test_one_whose_key_is_gone_says_so_and_can_be_discarded(whole: Whole) -> None:
    bring(whole, nobody(1))
    with whole.stores.state.write() as connection:
        connection.execute(dead_letter.update().values(sealed=b"0" * 60))
    (row,) = answers(whole).overview(ask())["letters"]
    shown = answers(whole).show(row["place"])
    assert (shown["raw"], shown["raw_state"]) == (None, "gone")
    assert answers(whole).repair(ask(patch=ADD_USER))["left_alone"] == {"raw_gone": 1}
    assert answers(whole).discard(ask(why="too old", apply=True))["closed"] == 1


def test_discarding_says_first_then_empties_and_keeps_the_count(both: Whole) -> None:
    bring(both, nobody(1), nobody(2), {"type": "hop"})
    told = answers(both)
    assert told.discard(ask(why="tests", reason="no_identifier"))["matched"] == 2
    assert set(states(both)) == {"open"}
    found = told.discard(ask(why=" tests ", reason="no_identifier", apply=True))
    assert (found["closed"], found["reasons"]) == (2, {"no_identifier": 2})
    assert told.overview(ask(state="discarded"))["counts"][0]["count"] == 2
    gone = [row for row in both.rows(dead_letter) if row["state"] == "discarded"]
    assert {(row["sealed"], row["closed_why"]) for row in gone} == {(b"", "tests")}
    assert told.discard(ask(why="tests", reason="no_identifier", apply=True))["closed"] == 0
    with both.stores.state.read() as connection:
        assert collect_store.count_dead_letters(connection) == {"unknown_type": 1}
    with pytest.raises(CallerError) as caught:
        told.discard(ask(why=" "))
    assert caught.value.code == "reason_missing"


def test_what_the_request_said_for_all_its_items_is_kept(whole: Whole) -> None:
    """A letter of a batch knows the batch's context and clock, one of a single call its type."""
    at = whole.clock.now()
    sent = {"timestamp": to_iso(at - HOUR), "context": {"channel": "kiosk"}, "sentAt": to_iso(at - HOUR)}
    body = msgspec.json.encode({"batch": [nobody(1, timestamp=to_iso(at - 2 * HOUR), context={"locale": "de"})]} | sent)
    single = msgspec.json.encode({"event": "check_in", "properties": {}, "messageId": "n-2"})
    for kind, each in (("batch", body), ("track", single)):
        envelope = Envelope(mode=Mode.LIVE, source="app", kind=kind, received_at=at, body=each)
        whole.stores.log.append(NORMAL, [seal_envelope(whole.stores.keys, envelope)])
    whole.tick(at)
    assert answers(whole).repair(ask(patch=ADD_USER, where=["context.channel=kiosk"]))["passing"] == 1
    assert answers(whole).repair(ask(patch=ADD_USER, apply=True))["closed"] == 2
    whole.tick(at)
    times = {row[0]: row[3] for row in in_lake(whole)}
    assert (times["n-1"], times["n-2"]) == (at - HOUR, at)
