"""Where people live apart, only they wait on the simulated clock for whom something is due, under whatever id."""

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.store import dead_letter
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys.store import insert_proposals
from fieldfare.flow.apart import Played
from fieldfare.flow.generate.calls import track
from fieldfare.flow.intake import open_record, seal_envelope
from fieldfare.flow.simulate import Call, Sent
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.know.identity.store import redirect, regrouped
from fieldfare.testing.delivery import a_proposal
from tests.scenarios.people import CLUB, NOON, fails_to_pay, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, opened

DUE_AT = NOON + 10 * MINUTE
Verdict = tuple[int, str, Instant]
USERS = ["m-1", "m-2", "m-3", "m-4", "m-5"]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Ada, who was a visitor first, and Bob."""
    with opened(tmp_path / "data", NOON) as made:
        calls = [*joins("ada", NOON), *joins("bob", NOON)]
        made.play(sorted(calls, key=lambda each: each[0]), NOON + MINUTE)
        made.play([(NOON + 2 * MINUTE, visits("v-1", NOON + 2 * MINUTE))], NOON + 3 * MINUTE)
        made.play([(NOON + 4 * MINUTE, signs_in("ada", "v-1", NOON + 4 * MINUTE))], NOON + 5 * MINUTE)
        yield made


def entry(whole: Whole, call: dict[str, Any], at: Instant) -> Entry:
    body = msgspec.json.encode({"batch": [call]})
    return seal_envelope(
        whole.stores.keys, Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=at, body=body)
    )


def something_is_due(whole: Whole, profile_id: int) -> None:
    with whole.stores.state.write() as tx:
        insert_proposals(tx, [a_proposal(profile_id, due_at=DUE_AT)])


def rehearsed(whole: Whole, entries: list[Entry]) -> Played:
    return whole.installation.pipeline.rehearse(NORMAL, entries, entries[-1].received_at, apart=True)


def applied(whole: Whole, user: str, profile_id: int, at: Instant = DUE_AT + SECOND) -> list[int]:
    """Return which of two visits to the club, one before something is due for a profile id, one batch applies."""
    something_is_due(whole, profile_id)
    ats = (DUE_AT - SECOND, at)
    return [*rehearsed(whole, [entry(whole, trains(user, each), each) for each in ats]).applied]


def test_what_is_due_under_the_id_that_somebody_had_before_a_merge_is_waited_for(whole: Whole) -> None:
    ((gone, into),) = [(row["profile_id"], row["into_id"]) for row in whole.rows(redirect)]
    assert into == whole.profile_id("user_id:ada")
    assert applied(whole, "ada", gone) == [0]


def test_who_has_something_due_waits_for_it(whole: Whole) -> None:
    assert applied(whole, "bob", whole.profile_id("user_id:bob")) == [0]


def test_what_happens_at_the_very_instant_comes_first(whole: Whole) -> None:
    assert applied(whole, "bob", whole.profile_id("user_id:bob"), DUE_AT) == [0, 1]


def test_who_has_nothing_due_goes_on(whole: Whole) -> None:
    assert applied(whole, "bob", whole.profile_id("user_id:ada")) == [0, 1]


def test_what_names_somebody_who_waits_waits_too_and_the_others_close_up(whole: Whole) -> None:
    """Bob waits; the visitor who is him from then on does; Ada, with a new device, and a broken call do not."""
    something_is_due(whole, whole.profile_id("user_id:bob"))
    before = whole.stores.log.read(NORMAL, 0, 99)[-1].offset
    broken = {"type": "track", "messageId": "broken", "event": 7}
    calls = [
        signs_in("bob", "v-2", DUE_AT + SECOND),
        visits("v-2", DUE_AT + 2 * SECOND),
        signs_in("ada", "v-3", DUE_AT + 3 * SECOND),
        broken,
        visits("v-3", DUE_AT + 5 * SECOND),
    ]
    entries = [entry(whole, call, DUE_AT + number * SECOND) for number, call in enumerate(calls, 1)]
    played = rehearsed(whole, entries)
    assert [*played.applied] == [2, 3, 4]
    assert whole.profile_id("anonymous_id:v-3") == whole.profile_id("user_id:ada")
    kept = whole.stores.log.read(NORMAL, before, 9)
    assert [record.body for record in kept] == [entries[each].body for each in played.applied]
    ((letter),) = whole.rows(dead_letter)
    place = next(record for record in kept if record.offset == letter["offset"])
    assert open_record(whole.stores.keys, place).body == msgspec.json.encode({"batch": [broken]})

    whole.clock.move_to(DUE_AT)
    whole.installation.delivery.run_due(DUE_AT, 9)
    again = rehearsed(whole, [entries[each] for each in range(len(entries)) if each not in played.applied])
    assert [*again.applied] == [0, 1]
    assert whole.profile_id("anonymous_id:v-2") == whole.profile_id("user_id:bob")
    assert len(whole.rows(redirect)) == 1, "nobody was made of the visitor who waited"


def cancels_a_class(user: str, at: Instant) -> tuple[Instant, dict[str, Any]]:
    return at, track("booking_cancelled", user, f"{user}-cancels-{at}", at, {"location_id": CLUB})


def books_a_class(user: str, at: Instant) -> tuple[Instant, dict[str, Any]]:
    return at, track("class_booked", user, f"{user}-books-{at}", at, {"location_id": CLUB, "class_type": "yoga"})


LATER = NOON + 5 * DAY
EVENING, NIGHT, EIGHT = LATER + 7 * HOUR + 30 * MINUTE, LATER + 9 * HOUR + 30 * MINUTE, LATER + 20 * HOUR
BEGINS, ENDS = LATER + 10 * HOUR, EIGHT + 2 * HOUR


def a_night(
    folder: Path, before: list[Call], calls: list[Call], keys_of: Path | None = None, **how: Any
) -> list[Verdict]:
    """Return the verdicts in their order: Ada and Bob cancel a class, so that a mail to each is put off to eight.

    What comes ``before`` comes with that; ``calls`` come after ten in the evening, in one stretch of time, between a
    first one of Cy and a last one in the morning.
    """
    with opened(folder, NOON, keys_of=keys_of) as whole:
        first = [*joins("cy", NOON), *joins("ada", NOON), *joins("bob", NOON), *before]
        first = [*first, cancels_a_class("bob", EVENING), cancels_a_class("ada", NIGHT)]
        whole.simulate(sorted(first, key=itemgetter(0)), BEGINS)
        around = [(at, trains("cy", at)) for at in (BEGINS + SECOND, ENDS)]
        whole.simulate(sorted([*around, *calls], key=itemgetter(0)), ENDS + HOUR, **how)
        rows = sorted(whole.rows(decision), key=itemgetter("seq"))
        return [(row["profile_id"], row["rule_id"], row["at"]) for row in rows]


def alike(tmp_path: Path, calls: list[Call], before: list[Call] | None = None, **how: Any) -> list[Verdict]:
    """Return the verdicts together, which are those apart, each person's in the same order."""
    together = a_night(tmp_path / "together", before or [], calls, apart=False, **how)
    apart = a_night(tmp_path / "apart", before or [], calls, tmp_path / "together", apart=True, **how)
    assert sorted(apart, key=itemgetter(0)) == sorted(together, key=itemgetter(0))
    return together


def test_what_is_put_off_to_the_instant_of_somebody_else_meets_what_comes_before(tmp_path: Path) -> None:
    told = alike(tmp_path, [books_a_class("ada", EIGHT - HOUR)])
    assert {(who, rule) for who, rule, at in told if at == EIGHT} == {(2, "journey_ended"), (3, "holdout")}


def test_what_somebody_does_about_a_message_comes_before_the_next_one(tmp_path: Path) -> None:
    """Ada's payment fails at six, and she is told so at once; thereupon she books a class."""

    def react(sent: Sent) -> list[Call]:
        return [books_a_class("ada", sent.at + HOUR)] if sent.template == "payment_failed" else []

    told = alike(tmp_path, [(EIGHT - 2 * HOUR, fails_to_pay("ada", EIGHT - 2 * HOUR))], react=react)
    assert (2, "permit", EIGHT - 2 * HOUR) in told
    assert (2, "journey_ended", EIGHT) in told


def test_what_time_does_comes_before_what_is_due_later(tmp_path: Path) -> None:
    """A last call about Ada's payment is made by time, at seven, when others have met the morning already."""
    at = BEGINS + HOUR
    failed = [(EIGHT - HOUR - 5 * DAY, fails_to_pay("ada", EIGHT - HOUR - 5 * DAY))]
    told = alike(tmp_path, [(at, fails_to_pay("bob", at))], failed)
    assert [row[1:] for row in told if row[0] == 2][-2:] == [("permit", EIGHT - HOUR), ("permit", EIGHT)]


def test_a_stretch_that_ends_between_two_calls_of_an_instant_delivers_nothing_of_it(tmp_path: Path) -> None:
    seen = [(at, trains("cy", at)) for at in (LATER + 12 * HOUR, EIGHT - MINUTE, EIGHT)]
    told = alike(tmp_path, [*seen, books_a_class("ada", EIGHT)], stretch_calls=2)
    assert (2, "journey_ended", EIGHT) in told


def test_who_is_behind_the_others_gets_what_is_due_at_its_own_time(tmp_path: Path) -> None:
    """Bob, told of his payment at eleven, books a class, of which he is told when Ada's mail was put off already."""
    at = BEGINS + HOUR

    def react(sent: Sent) -> list[Call]:
        return [books_a_class("bob", sent.at + MINUTE)] if sent.template == "payment_failed" else []

    told = alike(tmp_path, [(at, fails_to_pay("bob", at))], react=react)
    assert [row for row in told if row[2] == at + MINUTE]
    assert (2, "quiet_hours", NIGHT + 2 * HOUR) in told


def test_who_becomes_one_person_waits_for_what_is_due_for_either(tmp_path: Path) -> None:
    """A stranger's payment fails; at that instant he signs in as Bob, and a minute later Bob has paid."""
    at = BEGINS + HOUR
    failed = fails_to_pay("bob", at)
    del failed["userId"]
    paid = {"amount": 29.9, "currency": "EUR", "location_id": CLUB}
    calls = [
        (at, failed | {"anonymousId": "v-9"}),
        (at, signs_in("bob", "v-9", at)),
        (at + MINUTE, track("payment_succeeded", "bob", "bob-pays", at + MINUTE, paid)),
    ]
    told = alike(tmp_path, calls)
    assert (4, "permit", at) in told


def shared_devices(seed: int) -> list[Call]:
    """Return some hours of five members who pay late and sign in on two devices, which become several people's."""
    draw = Random(seed)
    calls = [call for user in USERS for call in joins(user, NOON)]
    for number in range(60):
        at = NOON + draw.randrange(1, 40) * 5 * MINUTE
        user, device = draw.choice(USERS), draw.choice(["tablet", "kiosk"])
        paid = {"amount": 29.9, "currency": "EUR", "location_id": CLUB}
        stranger = fails_to_pay(f"{number}", at)
        del stranger["userId"]
        calls.append(
            draw.choice(
                [
                    (at, signs_in(user, device, at)),
                    (at, visits(device, at)),
                    (at, fails_to_pay(user, at)),
                    (at, stranger | {"anonymousId": device}),
                    (at, track("payment_succeeded", user, f"{user}-pays-{at}", at, paid)),
                    cancels_a_class(user, at),
                    books_a_class(user, at),
                ]
            )
        )
    return sorted(calls, key=itemgetter(0))


def test_devices_that_pass_from_hand_to_hand_change_nothing(tmp_path: Path) -> None:
    torn = 0
    for seed in range(6):
        told = []
        for how, keys_of in (("together", None), ("apart", tmp_path / f"together-{seed}")):
            with opened(tmp_path / f"{how}-{seed}", NOON, keys_of=keys_of) as whole:
                whole.simulate(shared_devices(seed), NOON + 3 * DAY, apart=how == "apart")
                told.append((whole.decisions(), whole.memberships(), whole.enrollments(), whole.documents()))
                torn += len(whole.rows(regrouped))
        assert told[0] == told[1], seed
        assert len(told[0][0]) > 9
    assert torn > 0
