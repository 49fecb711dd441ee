"""What waits in the urgent partition holds back whom it names, and nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest

from fieldfare.act.delivery.events import withdrawal_event
from fieldfare.act.delivery.model import ConsentQuestion
from fieldfare.assembly.delivering import open_consent
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, track
from fieldfare.flow.pending_consent import MOST_BYTES
from fieldfare.flow.relay import append_own
from fieldfare.ground.log.ports import URGENT, Entry
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

ADA, BEN, CAL = "user_id:ada", "user_id:ben", "user_id:cal"
SHARED = "family@example.com"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Ada has a browser and an address of her own; Ben and Cal have one address together."""
    with opened(tmp_path_factory.mktemp("pending") / "data", NOON) as made:
        made.send(identify("ada", "i-1", NOON, {"email": "ada@example.com"}, anonymous_id="browser"), NOON)
        made.send(identify("ben", "i-2", NOON, {"email": SHARED}), NOON)
        made.send(identify("cal", "i-3", NOON, {"email": SHARED.upper()}), NOON)
        made.tick(NOON)
        yield made


@pytest.fixture
def whole(known: Whole) -> Iterator[Whole]:
    yield known
    known.tick(known.clock.now() + 1)
    assert held(known) == {ADA: False, BEN: False, CAL: False}, "applied, it holds nobody"


def held(whole: Whole) -> dict[str, bool]:
    """Return who may not be written to by e-mail because something waits."""
    hash_of = whole.stores.keys.lookup_hash
    addresses = {ADA: hash_of("email", "ada@example.com"), BEN: hash_of("email", SHARED), CAL: hash_of("email", SHARED)}
    asked = [
        ConsentQuestion(whole.profile_id(who), address, "marketing", "email") for who, address in addresses.items()
    ]
    with whole.stores.state.read() as connection:
        return dict(zip(addresses, open_consent(whole.installation).pending(connection, asked), strict=True))


def withdrawal(message_id: str, **who: str) -> dict[str, Any]:
    call = track(CONSENT_EVENT, "", message_id, NOON, consent("email", "withdraw", "form"))
    del call["userId"]
    return call | who


def named(*who: str) -> dict[str, bool]:
    return {each: each in who for each in (ADA, BEN, CAL)}


def test_nothing_waits_and_nobody_is_held(whole: Whole) -> None:
    assert held(whole) == named()


def test_who_is_named_is_held_and_nobody_else(whole: Whole) -> None:
    whole.send(withdrawal("w-1", userId="ada"), NOON)
    assert held(whole) == named(ADA)


def test_a_browser_stands_for_its_person(whole: Whole) -> None:
    whole.send(withdrawal("w-2", anonymousId="browser"), NOON)
    assert held(whole) == named(ADA)


def test_a_browser_that_becomes_somebodys_by_a_record_that_waits_too(whole: Whole) -> None:
    link = track("check_in", "ada", "l-3", NOON, {}) | {"anonymousId": "other"}
    whole.send([link, withdrawal("g-3", userId="nobody")], NOON)
    whole.send(withdrawal("w-3", anonymousId="other"), NOON)
    assert held(whole) == named(ADA)


def test_whoever_shares_an_address_is_held_with_its_owner(whole: Whole) -> None:
    whole.send(withdrawal("w-4", userId="ben"), NOON)
    assert held(whole) == named(BEN, CAL)


def test_an_address_that_somebody_new_brings_is_held(whole: Whole) -> None:
    stranger = identify("new", "i-5", NOON, {"email": "Ada@Example.com"})
    whole.send([stranger, withdrawal("w-5", userId="new")], NOON)
    assert held(whole) == named(ADA)


def test_so_is_one_that_nobody_verified_and_that_is_written_otherwise(whole: Whole) -> None:
    stranger = identify("new", "i-8", NOON, {"phone": "040 30 20 10 05"})
    whole.send([stranger, withdrawal("w-8", userId="new")], NOON)
    number = whole.stores.keys.lookup_hash("phone", "+494030201005")
    asked = [ConsentQuestion(whole.profile_id(CAL), each, "marketing", "sms") for each in (number, None)]
    with whole.stores.state.read() as connection:
        assert open_consent(whole.installation).pending(connection, asked) == [True, False]


def test_our_own_events_name_whom_they_are_about(whole: Whole) -> None:
    hash_of = whole.stores.keys.lookup_hash
    about: dict[str, Any] = {"purpose": "marketing", "channel": "email", "proposal_id": "p", "evidence": "link"}
    for address, waits in (("ada.old@example.com", named(ADA)), (SHARED, named(ADA, BEN, CAL))):
        hashed = hash_of("email", address)
        event = withdrawal_event(profile_id=whole.profile_id(ADA), address_hash=hashed, now=NOON, **about)
        append_own(whole.stores.log, whole.stores.keys, event, NOON, 14, urgent=True)
        assert held(whole) == waits


def test_strangers_hold_nobody(whole: Whole) -> None:
    whole.send([identify("zoe", "i-6", NOON, {"email": "zoe@example.com"}), withdrawal("w-6", userId="zoe")], NOON)
    assert held(whole) == named()


def test_too_much_to_look_at_holds_everybody(whole: Whole) -> None:
    padding = "x" * 20_000
    for number in range(MOST_BYTES // len(padding) + 1):
        whole.send(withdrawal(f"m-{number}", userId="zoe") | {"padding": padding}, NOON)
    assert held(whole) == named(ADA, BEN, CAL)


def test_what_cannot_be_read_holds_everybody(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("unread") / "data", NOON) as whole:
        for who in ("ada", "ben", "cal"):
            whole.send(identify(who, f"i-{who}", NOON, {"email": f"{who}@example.com"}), NOON)
        whole.tick(NOON)
        whole.send(withdrawal("w-7", userId="zoe"), NOON)
        assert held(whole) == named()
        whole.stores.log.append(URGENT, [Entry(NOON, b"not sealed")])
        assert held(whole) == named(ADA, BEN, CAL)
