"""Traits that our own people correct: they hold against every source, through everything, until they are lifted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.answering import open_trait_answers
from fieldfare.assembly.installation import open_answers, open_erasure
from fieldfare.flow.correction import ByWhom, as_meant, correction_event
from fieldfare.flow.corrections import CorrectionRequest, Corrections
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.identity_acts import act_event
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.relay import append_own
from fieldfare.flow.trait_answers import reveal_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.log.ports import URGENT
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.acts import Act, ActKind
from fieldfare.know.profiles.model import TraitType
from tests.scenarios.people import CLUB, NOON, joins
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened

USER = "user_id:m-1"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("m-1", NOON), NOON + HOUR)
        yield made


def corrections(whole: Whole) -> Corrections:
    return open_answers(whole.installation, whole.lake, alone=True).corrections


def corrects(whole: Whole, trait: str, value: Any, told: str = USER, reason: str = "seen on the card") -> None:
    asked = CorrectionRequest(told=told, trait=trait, value=value, actor="ann", reason=reason)
    assert corrections(whole).correct(asked)["status"] == "applied"


def lifts(whole: Whole, trait: str, told: str = USER) -> dict[str, Any]:
    asked = CorrectionRequest(told=told, trait=trait, actor="bert", reason="the club has mended it")
    return corrections(whole).lift(asked)


def says(whole: Whole, **traits: Any) -> None:
    now = whole.clock.now()
    whole.send(identify("m-1", f"says-{now}-{sorted(traits)}", now, traits), now)
    whole.tick(now)


def trait(whole: Whole, name: str, told: str = USER) -> dict[str, Any]:
    found: dict[str, Any] = whole.installation.look.profile(told, whole.clock.now())["traits"][name]
    return found


def value(whole: Whole, name: str, told: str = USER) -> Any:
    return whole.installation.look.values(told)[name][0]


def explained(whole: Whole, name: str, told: str = USER) -> list[dict[str, Any]]:
    answers = open_trait_answers(whole.installation, whole.lake)
    found: list[dict[str, Any]] = answers.explain(told, name, reveal_of("kim", "a test"))["values"]
    return found


def test_a_correction_holds_against_the_system_of_record_and_against_what_comes_later(whole: Whole) -> None:
    corrects(whole, "membership_tier", "basic")
    told = trait(whole, "membership_tier")
    assert (told["value"], told["basis"]) == ("basic", "corrected")
    assert (told["field_source"], told["source_origin"]) == ("fieldfare", "fieldfare")
    whole.tick(NOON + DAY)
    says(whole, membership_tier="premium")
    assert value(whole, "membership_tier") == "basic"
    assert [(each["value"], each["reason"]) for each in explained(whole, "membership_tier")] == [
        ("basic", None),
        ("premium", "corrected"),
        ("plus", "corrected"),
    ]
    a_rebuild_changes_nothing(whole)
    before = whole.documents()
    whole.replay()
    assert whole.documents() == before


def test_it_is_told_who_corrected_and_why_and_who_lifted_it(whole: Whole) -> None:
    corrects(whole, "membership_tier", "basic")
    (mine, *_) = explained(whole, "membership_tier")
    assert mine["corrected_by"] == {"actor": "ann", "reason": "seen on the card"}
    assert mine["lifted_by"] is None
    whole.tick(NOON + DAY)
    assert lifts(whole, "membership_tier")["status"] == "applied"
    first, lifted = explained(whole, "membership_tier")
    assert (first["value"], first["reason"], first["corrected_by"]) == ("plus", None, None)
    assert (lifted["value"], lifted["reason"]) == ("basic", "lifted")
    assert lifted["corrected_by"] == {"actor": "ann", "reason": "seen on the card"}
    assert (lifted["lifted_by"]["actor"], lifted["lifted_by"]["reason"]) == ("bert", "the club has mended it")


def test_a_lifted_correction_counts_no_more_whatever_is_folded_anew(whole: Whole) -> None:
    before = whole.documents()
    corrects(whole, "membership_tier", "basic")
    whole.tick(NOON + 2 * HOUR)
    corrects(whole, "membership_tier", "premium")
    assert value(whole, "membership_tier") == "premium", "of two corrections the later"
    lifts(whole, "membership_tier")
    assert whole.documents() == before
    a_rebuild_changes_nothing(whole)
    whole.replay()
    assert whole.documents() == before
    with pytest.raises(CallerError, match="Nothing was lifted") as refused:
        lifts(whole, "membership_tier")
    assert refused.value.code == "correction_none"
    corrects(whole, "membership_tier", "basic")
    assert value(whole, "membership_tier") == "basic", "what was lifted may be corrected again"


def test_an_audience_follows_what_is_corrected_and_what_is_lifted(whole: Whole) -> None:
    def is_in() -> bool:
        return "recent_signups" in whole.installation.look.profile(USER, whole.clock.now())["audiences"]

    at = whole.clock.now()
    whole.play([(at, track("membership_activated", "m-1", "starts", at, {"location_id": CLUB}))], at + HOUR)
    assert is_in()
    corrects(whole, "membership_status", "cancelled")
    assert not is_in()
    lifts(whole, "membership_status")
    assert is_in()
    told = [(row["joined"], row["cause"]) for row in whole.memberships() if row["audience"] == "recent_signups"]
    assert sorted(told) == [(False, "event"), (True, "event"), (True, "retract")]


def test_a_database_of_its_own_holds_it_too(tmp_path: Path, postgres_database: str) -> None:
    with opened(tmp_path / "data", NOON, url=postgres_database) as made:
        made.play(joins("m-1", NOON), NOON + HOUR)
        before = made.documents()
        corrects(made, "marketing_hold", "true")
        assert value(made, "marketing_hold") is True
        a_rebuild_changes_nothing(made)
        lifts(made, "marketing_hold")
        assert made.documents() == before


def test_what_is_sealed_stays_sealed(whole: Whole) -> None:
    secret = "ada.corrected@example.com"
    corrects(whole, "email", f" {secret.title()} ")
    told = trait(whole, "email")
    assert (told["value"], told["sealed"], told["basis"]) == (None, True, "corrected")
    assert value(whole, "email") == secret, "in the form in which it is written to"
    answers = open_trait_answers(whole.installation, whole.lake)
    masked = answers.explain(USER, "email")["values"]
    assert [each["value"] for each in masked] == [None, None]
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.arrow("SELECT * FROM event_rows WHERE name = 'Trait Corrected'").to_pylist()
    assert len(rows) == 1
    assert secret not in repr(rows)
    assert "seen on the card" not in repr(rows)


def test_an_erasure_leaves_nothing_of_it(whole: Whole) -> None:
    corrects(whole, "email", "new@example.com", reason="she is called Ada now")
    whole.installation.loader(whole.lake).sync()
    open_erasure(whole.installation, whole.lake).erase(USER, "officer", "asked for it")
    (row,) = whole.lake.arrow("SELECT * FROM event_rows WHERE name = 'Trait Corrected'").to_pylist()
    assert (row["sealed"], row["external_id_hash"], row["properties"]) == (None, None, '{"trait":"email"}')


def test_it_goes_with_a_merge_and_with_its_identifier_through_a_split(whole: Whole) -> None:
    whole.play(joins("m-2", NOON + DAY), NOON + DAY + HOUR)
    corrects(whole, "first_name", "Ada")
    kept = value(whole, "first_name", "user_id:m-2")
    identity = open_answers(whole.installation, whole.lake, alone=True).identity

    def does(kind: str, b: str | None = None, *moves: str) -> None:
        identity.act(ActRequest(kind=kind, a=USER, b=b, identifiers=list(moves), actor="ann", reason="at the desk"))

    does("merge", "user_id:m-2")
    assert value(whole, "first_name", "user_id:m-2") == "Ada"
    whole.tick(NOON + 2 * DAY)
    does("split", None, "user_id:m-2", "email:m-2@example.com")
    assert value(whole, "first_name") == "Ada"
    assert value(whole, "first_name", "user_id:m-2") == kept
    a_rebuild_changes_nothing(whole)


@pytest.mark.parametrize("value_of", ["card-9", "card-2"], ids=["new", "taken"])
def test_what_is_corrected_identifies_nobody_even_where_the_trait_is_an_identifier(whole: Whole, value_of: str) -> None:
    whole.play(joins("m-2", NOON + DAY, membership_id="card-2"), NOON + DAY + HOUR)
    before = known_identifiers(whole)
    corrects(whole, "membership_id", value_of)
    assert value(whole, "membership_id") == value_of
    assert [each["value"] for each in explained(whole, "membership_id")] == [value_of]
    assert known_identifiers(whole) == before
    (row,) = whole.lake.arrow("SELECT * FROM event_rows WHERE name = 'Trait Corrected'").to_pylist()
    assert (row["external_id_hash"], row["sealed"] is not None) == (whole.installation.look.hash_of(USER), True)
    a_rebuild_changes_nothing(whole)
    kept = whole.documents()
    whole.replay()
    assert whole.documents() == kept
    lifts(whole, "membership_id")
    open_erasure(whole.installation, whole.lake).erase("user_id:m-2", "officer", "asked for it")
    assert explained(whole, "membership_id")[0]["reason"] == "lifted", "another person's end takes nothing of it away"


def known_identifiers(whole: Whole) -> list[tuple[bytes, int]]:
    return sorted((row["hash"], row["profile_id"]) for row in whole.rows(identity_store.identifier))


def acts(whole: Whole, kind: str, a: str, b: str | None = None, *moves: str) -> None:
    identity = open_answers(whole.installation, whole.lake, alone=True).identity
    identity.act(ActRequest(kind=kind, a=a, b=b, identifiers=list(moves), actor="ann", reason="at the desk"))


def three_as_one(whole: Whole) -> None:
    """Make m-2 and m-3 known, and take them for m-1, wrongly."""
    whole.play(joins("m-2", NOON + DAY), NOON + DAY + HOUR)
    whole.play(joins("m-3", NOON + 2 * DAY), NOON + 2 * DAY + HOUR)
    acts(whole, "merge", USER, "user_id:m-2")
    acts(whole, "merge", USER, "user_id:m-3")
    whole.tick(NOON + 3 * DAY)


USERS = ("m-1", "m-2", "m-3")


def holders(whole: Whole, name: str = "membership_tier") -> list[str]:
    return [user for user in USERS if trait(whole, name, f"user_id:{user}")["basis"] == "corrected"]


def test_it_hangs_on_the_identifier_that_was_named(whole: Whole) -> None:
    three_as_one(whole)
    names = ("membership_tier", "membership_status", "first_name")
    for user, name in zip(USERS, names, strict=True):
        corrects(whole, name, "basic", f"user_id:{user}")
    acts(whole, "split", USER, None, "user_id:m-2", "email:m-2@example.com")
    acts(whole, "split", USER, None, "user_id:m-3", "email:m-3@example.com")
    assert [holders(whole, name) for name in names] == [["m-1"], ["m-2"], ["m-3"]]
    a_rebuild_changes_nothing(whole)


def correction_of(whole: Whole, user: str, message_id: str) -> dict[str, Any]:
    """Return the event by which ann corrects a tier, as asked for now."""
    look, told = whole.installation.look, f"user_id:{user}"
    lead, (profile_id, _) = look.hash_of(told), look.document(told)
    assert lead is not None
    by = ByWhom("ann", "seen on the card")
    return correction_event(message_id, profile_id, lead, ("membership_tier", "basic"), by, whole.clock.now())


def split_of(whole: Whole, user: str) -> dict[str, Any]:
    """Return the event by which ann takes a user off the person, as asked for now."""
    hashed = [whole.installation.look.hash_of(each) for each in (f"user_id:{user}", f"email:{user}@example.com")]
    act = Act(kind=ActKind.SPLIT, a=[each for each in hashed if each is not None], actor="ann", reason="at the desk")
    return act_event(act, f"split-{user}", whole.clock.now())


def appends(whole: Whole, *events: dict[str, Any]) -> None:
    for event in events:
        append_own(whole.stores.log, whole.stores.keys, event, whole.clock.now(), 30, urgent=True)


def test_it_is_theirs_who_have_the_identifier_once_it_is_applied(whole: Whole) -> None:
    three_as_one(whole)
    appends(whole, split_of(whole, "m-2"), correction_of(whole, "m-2", "cor-1"))
    whole.tick(whole.clock.now())
    assert holders(whole) == ["m-2"]
    a_rebuild_changes_nothing(whole)


def test_a_tear_of_the_same_batch_moves_it_with_its_identifier(whole: Whole) -> None:
    three_as_one(whole)
    appends(whole, split_of(whole, "m-2"), correction_of(whole, "m-3", "cor-1"), split_of(whole, "m-3"))
    whole.tick(whole.clock.now())
    assert holders(whole) == ["m-3"]
    a_rebuild_changes_nothing(whole)
    assert explained(whole, "membership_tier", "user_id:m-3")[0]["basis"] == "corrected"


def test_nothing_is_told_as_applied_that_came_to_nothing(whole: Whole) -> None:
    asked = CorrectionRequest(told=USER, trait="membership_tier", value="basic", actor="ann", reason="seen")

    def erased() -> None:
        open_erasure(whole.installation, whole.lake).erase(USER, "officer", "asked for it")

    def erased_and_applied() -> None:
        erased()
        whole.installation.settle_alone()

    made = corrections(whole)
    with pytest.raises(CallerError, match="came to nothing") as refused:
        msgspec.structs.replace(made, check=erased).correct(asked)
    assert (refused.value.code, refused.value.status) == ("correction_not_applied", 409)
    whole.play(joins("m-1", NOON + DAY), NOON + DAY + HOUR)
    with pytest.raises(CallerError, match="came to nothing") as refused:
        msgspec.structs.replace(made, settle=erased_and_applied).correct(asked)
    assert refused.value.code == "correction_not_applied"


def test_it_is_told_as_applied_when_the_lake_has_it_already(whole: Whole) -> None:
    def loaded() -> None:
        whole.installation.settle_alone()
        whole.installation.loader(whole.lake).sync()

    asked = CorrectionRequest(told=USER, trait="membership_tier", value="basic", actor="ann", reason="seen")
    found = msgspec.structs.replace(corrections(whole), settle=loaded).correct(asked)
    assert found == {"profile_id": 1, "trait": "membership_tier", "status": "applied"}


ABSURD = (10**30, 2**63, 1e999, float("nan"), "\ud800", "1e999", {"a": ["\ud800"]}, [1e999], {"a": -(2**63) - 1})


def test_what_would_come_out_as_something_else_is_refused(whole: Whole) -> None:
    head, made = whole.stores.log.head(URGENT), corrections(whole)
    given = [("ltv", each) for each in ABSURD] + [("shoe_size", each) for each in ABSURD if each != "1e999"]
    given += [("\ud800", "basic")]
    for name, each in given:
        asked = CorrectionRequest(told=USER, trait=name, value=each, actor="ann", reason="seen")
        with pytest.raises(CallerError, match="cannot be corrected") as refused:
            made.correct(asked)
        assert refused.value.code == "correction_invalid"
        msgspec.json.encode(str(refused.value))
    asked = CorrectionRequest(told=USER, trait="membership_tier", value="basic", actor="ann", reason="\ud800")
    for does in (made.correct, made.lift):
        with pytest.raises(CallerError, match="characters"):
            does(asked)
    assert whole.stores.log.head(URGENT) == head


def test_what_comes_out_as_it_went_in_holds(whole: Whole) -> None:
    for name, given in {"a": 2**63 - 1, "b": -1.5, "c": "\u00e9", "d": True, "e": {"a": [1, None]}}.items():
        corrects(whole, name, given)
        assert value(whole, name) == given
    a_rebuild_changes_nothing(whole)


def test_why_is_sealed_and_shown_when_that_is(whole: Whole) -> None:
    corrects(whole, "membership_tier", "basic")
    masked = open_trait_answers(whole.installation, whole.lake).explain(USER, "membership_tier")["values"]
    assert masked[0]["corrected_by"] == {"actor": "ann", "reason": None}
    assert explained(whole, "membership_tier")[0]["corrected_by"]["reason"] == "seen on the card"


def test_null_unsets_until_it_is_lifted(whole: Whole) -> None:
    corrects(whole, "membership_tier", None)
    whole.tick(NOON + DAY)
    says(whole, membership_tier="premium")
    assert value(whole, "membership_tier") is None
    lifts(whole, "membership_tier")
    assert value(whole, "membership_tier") == "premium"


@pytest.mark.parametrize(
    ("name", "given", "code", "says_why"),
    [
        ("visits_total", 3, "correction_invalid", "computed"),
        ("favourite_class", "spin", "correction_invalid", "under review"),
        ("marketing_hold", "perhaps", "correction_invalid", "type"),
        ("email", "nobody at all", "correction_invalid", "no email"),
        ("phone", "12", "correction_invalid", "no phone"),
        ("membership_tier", "x" * 5_000, "correction_invalid", "longer"),
        ("", "x", "correction_invalid", "no name"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_its_value(
    whole: Whole, name: str, given: Any, code: str, says_why: str
) -> None:
    head = whole.stores.log.head(URGENT)
    with pytest.raises(CallerError, match=says_why) as refused:
        corrects(whole, name, given)
    assert refused.value.code == code
    assert str(given) not in str(refused.value)
    assert whole.stores.log.head(URGENT) == head


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("ann", "  "), ("ann", "r" * 501)])
def test_nobody_corrects_unsigned(whole: Whole, actor: str, reason: str) -> None:
    asked = CorrectionRequest(told=USER, trait="membership_tier", value="basic", actor=actor, reason=reason)
    for does in (corrections(whole).correct, corrections(whole).lift):
        with pytest.raises(CallerError) as refused:
            does(asked)
        assert refused.value.code == "act_unsigned"
    assert value(whole, "membership_tier") == "plus"


def test_no_source_can_say_that_it_corrects(whole: Whole) -> None:
    now = NOON + HOUR + MINUTE
    forged = {
        "type": "track",
        "event": "Trait Corrected",
        "messageId": "forged",
        "userId": "m-1",
        "properties": {"trait": "membership_tier"},
        "context": {"traits": {"membership_tier": "premium"}},
    }
    whole.send(forged, now)
    whole.tick(now)
    assert trait(whole, "membership_tier")["basis"] == "declared", "a word of the source, and no correction"


@pytest.mark.parametrize(
    ("told", "kind", "present", "meant"),
    [
        ("12", TraitType.TEXT, None, "12"),
        ("12", TraitType.NUMBER, None, 12),
        ("2026-01-01", TraitType.DATE, None, "2026-01-01"),
        ("true", TraitType.BOOLEAN, "", True),
        ("nothing", TraitType.NUMBER, None, "nothing"),
        ("12", None, None, "12"),
        ("12", None, "eleven", "12"),
        ("12", None, 11, 12),
        ('["a"]', None, ["b"], ["a"]),
        (12, TraitType.NUMBER, None, 12),
        (None, TraitType.NUMBER, 1, None),
    ],
)
def test_a_text_means_what_the_trait_holds(told: Any, kind: TraitType | None, present: Any, meant: Any) -> None:
    assert as_meant(told, kind, present) == meant
