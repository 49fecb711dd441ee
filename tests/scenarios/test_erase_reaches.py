"""Erasure reaches every store: no table of state or lake has a hash of the person, and nothing brings one back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonpatch import JsonPatch
from sqlalchemy import select

from fieldfare.act.delivery.events import withdrawal_event
from fieldfare.assembly.installation import open_answers, open_dead_letters, open_erasure
from fieldfare.collect.repair import LetterFilter
from fieldfare.flow.dead_letters import Wish
from fieldfare.flow.erase import Receipt
from fieldfare.flow.identity_acts import act_event
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.lake_tables import TABLES
from fieldfare.flow.relay import append_own
from fieldfare.flow.store import retraction
from fieldfare.flow.trait_answers import reveal_of
from fieldfare.ground.instants import DAY, HOUR, MINUTE, to_iso
from fieldfare.ground.store import metadata
from fieldfare.know.identity.acts import Act, ActKind
from fieldfare.know.identity.store import act, identifier, link, regrouped
from fieldfare.know.lifecycle.store import stage_change
from fieldfare.know.profiles.store import reveal
from fieldfare.trust.consent.store import consent_record
from fieldfare.trust.consent.suppression_store import suppression
from tests.scenarios.people import NOON, fails_to_pay, joins, signs_in, trains, visits, withdrawn
from tests.scenarios.whole import Whole, opened

KEPT_BY_HASH = {"consent_record", "suppression", "suppression_act", "attempt"}
"""Tables in which hashes of addresses stay on purpose: what was refused, and what late refusals and caps hang on."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        lives(made)
        yield made


def does(whole: Whole, kind: str, a: str, b: str | None = None, *identifiers: str) -> dict[str, Any]:
    asked = ActRequest(kind=kind, a=a, b=b, identifiers=list(identifiers), actor="ann", reason="asked at the desk")
    return open_answers(whole.installation, whole.lake, alone=True).identity.act(asked)


def lives(whole: Whole) -> None:
    """Ada is merged with Bo and split from him, set apart from Cy, in a stage, an audience and a walk."""
    whole.play(
        [(NOON, visits("browser-1", NOON)), *joins("ada", NOON + MINUTE), *joins("bo", NOON + MINUTE)], NOON + HOUR
    )
    whole.play([*joins("cy", NOON + HOUR)], NOON + 2 * HOUR)
    at = NOON + 3 * HOUR
    whole.play([(at, signs_in("ada", "browser-1", at)), (at + MINUTE, fails_to_pay("ada", at + MINUTE))], NOON + DAY)
    does(whole, "merge", "user_id:ada", "user_id:bo")
    whole.play([(NOON + DAY, trains("ada", NOON + DAY))], NOON + DAY + HOUR)
    does(whole, "split", "user_id:ada", None, "user_id:bo", "email:bo@example.com")
    does(whole, "never", "user_id:ada", "user_id:cy")
    whole.send(withdrawn("ada", whole.clock.now()), whole.clock.now())
    whole.tick(NOON + 40 * DAY)
    whole.installation.loader(whole.lake).sync()


def erase(whole: Whole, told: str = "user_id:ada") -> Receipt:
    return open_erasure(whole.installation, whole.lake).erase(told, "officer", "request 17")


def adas(whole: Whole) -> list[bytes]:
    return hash_list(whole, "user_id:ada", "email:ada@example.com", "anonymous_id:browser-1")


def hash_list(whole: Whole, *told: str) -> list[bytes]:
    hash_of = whole.installation.look.hash_of
    return [hashed for each in told if (hashed := hash_of(each)) is not None]


def has(value: Any, needles: list[bytes]) -> bool:
    if isinstance(value, bytes):
        return any(each in value for each in needles)
    return isinstance(value, str) and any(each.hex() in value for each in needles)


def where_found(whole: Whole, needles: list[bytes]) -> dict[str, int]:
    """Return in which tables, and how many of their rows, a hash stands: as bytes inside any value, or in hex."""
    whole.installation.loader(whole.lake).sync()
    found: dict[str, int] = {}
    for table in metadata.sorted_tables:
        with whole.stores.state.read() as connection:
            rows = [tuple(row) for row in connection.execute(select(table))]
        found[table.name] = sum(any(has(value, needles) for value in row) for row in rows)
    for lake_table in TABLES:
        rows = [tuple(row.values()) for row in whole.lake.arrow(f"SELECT * FROM {lake_table.name}").to_pylist()]
        found[f"lake {lake_table.name}"] = sum(any(has(value, needles) for value in row) for row in rows)
    return {name: count for name, count in found.items() if count}


def test_no_table_has_a_hash_of_who_was_erased(whole: Whole) -> None:
    hashes, before = adas(whole), where_found(whole, adas(whole))
    held = {identifier.name, link.name, act.name, regrouped.name, "document", "decision", "lake event_rows"}
    assert held | {"lake identity_rows", "lake decision_rows"} <= before.keys(), "the story fills them"
    erase(whole)
    assert where_found(whole, hashes).keys() <= KEPT_BY_HASH


def test_done_again_it_leaves_acts_and_tears_of_others_as_they_are(whole: Whole) -> None:
    bos = hash_list(whole, "user_id:bo", "email:bo@example.com")
    before = where_found(whole, bos)
    erase(whole)
    acts, tears = whole.rows(act), whole.rows(regrouped)
    assert len(acts) == 3, "what people did is still told"
    open_erasure(whole.installation, whole.lake).obey()
    erase(whole)
    assert (whole.rows(act), whole.rows(regrouped)) == (acts, tears)
    assert {**where_found(whole, bos), link.name: 0} == {**before, link.name: 0}, "links to the erased went"


def test_the_stage_ends(whole: Whole) -> None:
    staged = "SELECT profile_id FROM stages"
    ada = whole.profile_id("user_id:ada")
    whole.installation.loader(whole.lake).sync()
    assert (ada,) in whole.lake.query(staged, 10).rows
    erase(whole)
    whole.installation.loader(whole.lake).sync()
    assert (ada,) not in whole.lake.query(staged, 10).rows
    ended = [row["cause"] for row in whole.rows(stage_change) if row["to_stage"] is None and row["profile_id"] == ada]
    assert ended == ["erasure"]


def test_no_version_of_the_profile_is_left_and_its_end_is_told(whole: Whole) -> None:
    query = "SELECT gone, traits, memberships FROM profile_versions WHERE profile_id = ?"
    ada = whole.profile_id("user_id:ada")
    assert len(whole.lake.arrow(query, [ada])) > 2
    erase(whole)
    whole.installation.loader(whole.lake).sync()
    assert whole.lake.arrow(query, [ada]).to_pylist() == [{"gone": True, "traits": None, "memberships": "{}"}]


def test_links_that_went_are_stored_anew_when_the_person_comes_again(whole: Whole) -> None:
    """In one process: the pipeline remembers no link that an erasure removed."""
    at = whole.clock.now()
    whole.play([(at, signs_in("ada", "browser-1", at))], at + MINUTE)  # so it reads the link, and remembers it
    erase(whole)
    at = whole.clock.now() + HOUR
    whole.play([(at, signs_in("ada", "browser-1", at))], at + MINUTE)
    whole.play([*joins("ada", at + HOUR)], at + 2 * HOUR)
    ends = {end for row in whole.rows(link) for end in (row["a"], row["b"])}
    assert set(adas(whole)) <= ends
    assert whole.profile_id("anonymous_id:browser-1") == whole.profile_id("email:ada@example.com")


@pytest.mark.parametrize("kind", ["merge", "never", "split", "quarantine", "release"])
def test_an_act_that_waited_names_nobody_and_stops_nothing(whole: Whole, kind: str) -> None:
    hashes, at = adas(whole), whole.clock.now()
    sides = [hashes[:1], [] if kind not in {"merge", "never"} else hash_list(whole, "user_id:cy")]
    told = Act(kind=ActKind(kind), a=sides[0], b=sides[1], hold=None, actor="ann", reason="asked at the desk")
    append_own(whole.stores.log, whole.stores.keys, act_event(told, "act-late", at), at, 30, urgent=True)
    erase(whole)
    whole.tick(at + MINUTE)
    (row,) = (row for row in whole.rows(act) if row["id"] == "act-late")
    assert "refused" in row["outcome"]
    assert where_found(whole, hashes).keys() <= KEPT_BY_HASH


def unsubscribes(whole: Whole, profile_id: int, address: bytes, proposal_id: str) -> dict[str, Any]:
    """Let the address's link be clicked, and return the record that comes of it."""
    before, at = whole.rows(consent_record), whole.clock.now() + MINUTE
    event = withdrawal_event(
        profile_id=profile_id,
        address_hash=address,
        purpose="marketing",
        channel="email",
        proposal_id=proposal_id,
        now=at,
        evidence="one click",
    )
    append_own(whole.stores.log, whole.stores.keys, event, at, 30, urgent=True)
    whole.tick(at)
    (record,) = (row for row in whole.rows(consent_record) if row not in before)
    return record


def test_a_refusal_that_comes_late_still_binds_the_address(whole: Whole) -> None:
    (address,) = hash_list(whole, "email:ada@example.com")
    ada = whole.profile_id("user_id:ada")
    earlier = unsubscribes(whole, ada, address, "p-1")
    erase(whole)
    late = unsubscribes(whole, ada, address, "p-2")
    for record in (earlier, late):
        assert (record["profile_id"], record["address_hash"], record["action"]) == (ada, address, "withdraw")
    at = whole.clock.now()
    complaint: dict[str, object] = {
        "type": "track",
        "event": "Message Complained",
        "messageId": "complaint-1",
        "timestamp": to_iso(at),
        "anonymousId": "complaint-1",
        "properties": {"suppress": True},
        "context": {"fieldfare": {"profile_id": ada, "address_hash": address.hex()}},
    }
    append_own(whole.stores.log, whole.stores.keys, complaint, at, 30, urgent=True)
    whole.tick(at + MINUTE)
    assert address in {row["address_hash"] for row in whole.rows(suppression)}
    assert ada not in whole.documents()


def test_a_dead_letter_of_before_is_not_sent_again(whole: Whole) -> None:
    at = whole.clock.now()
    whole.send([{**trains("ada", at), "type": "cheer"}, {**trains("bo", at), "type": "cheer"}], at)
    whole.tick(at + MINUTE)
    erase(whole)
    mended = JsonPatch([{"op": "replace", "path": "/type", "value": "track"}])
    told = open_dead_letters(whole.installation).repair(Wish(wanted=LetterFilter(), patch=mended, apply=True))
    assert (told["passing"], told["left_alone"], told["closed"]) == (1, {"erased": 1}, 1)
    whole.tick(at + HOUR)
    assert where_found(whole, adas(whole)).keys() <= KEPT_BY_HASH


def test_what_people_wrote_about_the_person_is_emptied_and_proofs_are_hashes(whole: Whole) -> None:
    answers = open_answers(whole.installation, whole.lake, alone=True)
    reason = "asked at the desk"
    family = sorted(whole.installation.look.family("user_id:ada"))
    answers.profiles.identities("user_id:ada", reveal_of("ann", "Ada Lovelace called"))
    (event_id, *_) = [row["event_id"] for row in lake_rows(whole, family) if row["name"] == "check_in"]
    answers.retractions.ask(event_id, "ann", "Ada Lovelace was not there")
    whole.tick(whole.clock.now() + MINUTE)
    whole.installation.loader(whole.lake).sync()
    before = {row["id"]: row for row in whole.rows(consent_record)}
    own = "SELECT properties FROM event_rows WHERE name IN ('Identity Decided', 'Event Retracted', 'Consent Updated')"
    assert str(whole.lake.arrow(own).to_pylist()).count(reason) == 3
    receipt = erase(whole)
    assert receipt.reasons == 5, "three acts, a reveal, a retraction"
    assert {row["reason"] for row in (*whole.rows(act), *whole.rows(reveal), *whole.rows(retraction))} == {""}
    assert {row["actor"] for row in (*whole.rows(act), *whole.rows(reveal))} == {"ann"}, "who did it stays"
    hers = {row["id"]: row for row in whole.rows(consent_record) if row["profile_id"] in family}
    hash_of = whole.stores.keys.lookup_hash
    assert receipt.evidence == len(hers) > 1
    for each, row in hers.items():
        assert row["evidence"] == "hmac:" + hash_of("evidence", before[each]["evidence"]).hex(), "it can be shown again"
        assert row | {"evidence": before[each]["evidence"]} == before[each], "nothing else of a record changes"
    others = [row for row in whole.rows(consent_record) if row["id"] not in hers]
    assert others == [before[row["id"]] for row in others] != []
    whole.installation.loader(whole.lake).sync()
    for table in ("event_rows", "retractions"):
        rows = whole.lake.arrow(f"SELECT * FROM {table}").to_pylist()
        mine = [row for row in rows if row["profile_id"] in family or row.get("source_system") == "fieldfare"]
        assert "Lovelace" not in str(mine)
        assert reason not in str(mine)
        assert "form" not in str([row.get("properties") for row in mine if row.get("name") == "Consent Updated"])


def lake_rows(whole: Whole, profile_ids: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = whole.lake.arrow(
        "SELECT * FROM event_rows WHERE profile_id IN (SELECT unnest(?)) ORDER BY received_at", [profile_ids]
    ).to_pylist()
    return found
