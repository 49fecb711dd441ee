"""What an event's identifiers do, through the whole product: a receipt, an alias, a household, a kind of one's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.collect.store import dead_letter
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import MINUTE, to_iso
from fieldfare.know.identity.store import hold, link
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import CLUB, NOON, signs_in, trains
from tests.scenarios.whole import Whole, opened

IDENTITY = """
kinds:
  member_no: {priority: 25, from: [properties.card.number, traits.member_no], form: folded}
blocked: [frontdesk-*]
phone_region: DE
"""
PHONE = "040 428 430 00"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "clubs")
    (folder / "identity.yaml").write_text(IDENTITY, encoding="utf-8")
    with opened(tmp_path / "data", NOON, folder) as made:
        yield made


def bring(whole: Whole, *calls: dict[str, Any]) -> None:
    whole.send(list(calls), whole.clock.now())
    whole.tick(whole.clock.now() + MINUTE)


def receipt(number: int, **properties: Any) -> dict[str, Any]:
    values = {"location_id": CLUB, **properties}
    sent_at = to_iso(NOON + number)
    return {
        "type": "track",
        "event": "purchase",
        "messageId": f"r-{number}",
        "timestamp": sent_at,
        "properties": values,
    }


def knows_phone(user: str) -> dict[str, Any]:
    return identify(user, f"{user}-phone", NOON, {"phone": "+49 40 42843000", "phone_verified": True})


def dead(whole: Whole) -> list[str]:
    return [row["reason"] for row in whole.rows(dead_letter)]


def events_of(whole: Whole, told: str) -> int:
    whole.installation.loader(whole.lake).sync()
    statement = f"SELECT count(*) FROM events WHERE profile_id = {whole.profile_id(told)}"
    return int(whole.lake.query(statement, 1).rows[0][0])


def test_a_receipt_with_nothing_but_a_verified_number_lands_on_the_member(whole: Whole) -> None:
    bring(whole, knows_phone("m-1"), trains("m-2", NOON))
    bring(whole, receipt(1, phone=PHONE, phone_verified=True), receipt(2, phone=PHONE))
    assert events_of(whole, "user_id:m-1") == 2
    assert whole.profile_id(f"phone:{PHONE}") == whole.profile_id("user_id:m-1")
    assert dead(whole) == ["no_identifier"], "the number of the second receipt was verified by nobody"


def test_two_members_with_one_number_stay_two(whole: Whole) -> None:
    bring(whole, knows_phone("m-1"), knows_phone("m-2"))
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")


def test_an_alias_between_two_user_ids_is_a_question_and_no_merge(whole: Whole) -> None:
    bring(whole, trains("m-1", NOON), trains("m-2", NOON))
    alias = {"type": "alias", "messageId": "a-1", "userId": "m-2", "previousId": "m-1", "anonymousId": "phone-7"}
    bring(whole, alias)
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")
    assert whole.profile_id("anonymous_id:phone-7") == whole.profile_id("user_id:m-2")
    assert [row["reason"] for row in whole.rows(hold)] == ["limit"]


def test_an_alias_of_a_visitor_is_the_visitor(whole: Whole) -> None:
    bring(whole, signs_in("m-1", "laptop", NOON))
    bring(whole, {"type": "alias", "messageId": "a-1", "userId": "m-1", "previousId": "old-laptop"})
    assert whole.profile_id("anonymous_id:old-laptop") == whole.profile_id("user_id:m-1")
    assert whole.rows(hold) == []


def test_a_kind_of_one_s_own_joins_by_its_normal_form(whole: Whole) -> None:
    bring(whole, identify("m-1", "i-1", NOON, {"member_no": "AB-7"}))
    bring(whole, receipt(1, card={"number": "ab-7"}), receipt(2, card={"number": "frontdesk-2"}))
    assert events_of(whole, "user_id:m-1") == 2
    assert whole.profile_id("member_no: AB-7 ") == whole.profile_id("user_id:m-1")
    assert dead(whole) == ["no_identifier"]


def test_a_family_is_related_and_not_merged(whole: Whole) -> None:
    group = {"type": "group", "groupId": "f-1", "traits": {"type": "family", "email": "x@y.de", "email_verified": True}}
    bring(whole, group | {"messageId": "g-1", "userId": "m-1"}, group | {"messageId": "g-2", "userId": "m-2"})
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")
    assert {row["kind"] for row in whole.rows(link)} == {"household"}
    with pytest.raises(CallerError):
        whole.profile_id("email:x@y.de")


def test_an_identifier_that_is_a_trait_stands_nowhere_in_clear(whole: Whole) -> None:
    """As a trait it is sealed, whatever its kind; a property stays as its contract says."""
    traits = {
        "membershipId": "needle1",
        "payment_id": "needle2",
        "member_no": "needle3",
        "club": {"Member-No": "needle4"},
    }
    bring(whole, identify("m-1", "traits", NOON, {**traits, "shoe_size": 40}), receipt(1, userId="m-1"))
    whole.installation.loader(whole.lake).sync()
    (found,) = whole.documents().values()
    assert traits.keys() <= found["personal"].keys()
    assert found["document"][1].keys().isdisjoint(traits)
    with whole.stores.state.read() as connection:
        bodies = [body for _, body, _ in profile_store.load(connection, profile_store.load_after(connection, 0, 9))]
    rows = whole.lake.arrow("SELECT properties FROM event_rows").to_pylist()
    assert "needle" not in str(bodies) + str(rows)
    assert "shoe_size" in str(rows)
