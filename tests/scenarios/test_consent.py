"""Consent from its ways in to what is in force: API, signals, double opt-in, STOP, expiry, merges, erasure."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.model import ConsentQuestion, Inbound, Keyword
from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.act.delivery.preference_routes import PreferenceDoor
from fieldfare.act.delivery.receipt_routes import Sender
from fieldfare.assembly.consent import open_consent_answers, preference_door
from fieldfare.assembly.delivering import open_consent
from fieldfare.assembly.installation import open_erasure
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.consent_answers import ConsentAnswers
from fieldfare.flow.consent_compare import PlatformRow
from fieldfare.flow.consent_request import ConsentRequest
from fieldfare.flow.consent_rows import record_notices
from fieldfare.flow.consent_status import consent_status
from fieldfare.flow.inbound import Inbox
from fieldfare.flow.intake import seal_envelope
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.audiences.store import membership_change
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.dispute_store import open_disputes
from fieldfare.trust.consent.jws import verify
from fieldfare.trust.consent.model import EVERY, Suppression
from fieldfare.trust.consent.notices import notice_hash
from fieldfare.trust.consent.store import consent_notice, consent_record
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, signs_in, visits, withdrawn
from tests.scenarios.whole import Whole, opened

TEXT = "You may write to me about offers."
CONSENT = f"""
purposes:
  marketing:
    description: News.
    channels: [email, sms, desk]
    notice_version: "2025-01"
    notices: [{{version: "2025-01", text: {TEXT}}}]
    expires_after: 30 days
  newsletter: {{channels: [email], double_opt_in: [email]}}
  sale: {{description: Sale and sharing of data.}}
  transactional: {{consent: not_required}}
gpc: [sale]
gpp: [sale]
tcf: {{purposes: {{marketing: [1, 3]}}}}
platforms:
  onetrust: {{purposes: {{C0004: [marketing]}}, channels: {{mail: email}}}}
"""
AUDIENCE = """
audience: agreed
where: {consent: marketing, channel: email}
"""
DENIES = "COw4XqLOw4XqLAAAAAENAXCAAAAAAAAAAAAAAAAAAAAA"
CONSENTS = "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA"
ADA = "user_id:ada"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = tmp_path / "workspace"
    shutil.copytree(FITNESS, folder)
    (folder / "consent.yaml").write_text(CONSENT)
    (folder / "audiences" / "agreed.yaml").write_text(AUDIENCE)
    with opened(tmp_path / "data", NOON, folder) as made:
        record_notices(made.stores.state, made.workspace.consent, NOON)
        made.play(joins("ada", NOON), NOON + MINUTE)
        yield made


def answers(whole: Whole) -> ConsentAnswers:
    return open_consent_answers(whole.installation, lambda: whole.tick(whole.clock.now()))


def does(whole: Whole, at: Instant = 0, **act: Any) -> dict[str, Any]:
    """Record an act of Ada's by the API, a moment later than everything before."""
    whole.tick(max(at, whole.clock.now() + MINUTE))
    return answers(whole).record(ConsentRequest(**{"profile": ADA, "purpose": "marketing", "channel": "email", **act}))


def state(whole: Whole, purpose: str = "marketing", channel: str = "email", at: str | None = None) -> str | None:
    found = answers(whole).show(ADA, at)["in_force"]
    return next((each["state"] for each in found if (each["purpose"], each["channel"]) == (purpose, channel)), None)


def test_a_grant_is_recorded_with_all_that_proves_it(whole: Whole) -> None:
    does(whole, action="withdraw")
    does(
        whole,
        action="grant",
        evidence="form on the page",
        method="form",
        url="https://club.example/join",
        ip="203.0.113.77",
        user_agent="Firefox",
        notice_version="2025-01",
        actor="front desk",
        tc_string=CONSENTS,
    )
    last = answers(whole).history(ADA)["records"][-1]
    told = {name: last[name] for name in ("action", "method", "legal_basis", "notice_hash", "ip_prefix", "actor")}
    assert told == {
        "action": "grant",
        "method": "form",
        "legal_basis": "consent",
        "notice_hash": notice_hash(TEXT),
        "ip_prefix": "203.0.113.0/24",
        "actor": "front desk",
    }
    assert last["witness"] == {
        "ip": "203.0.113.77",
        "user_agent": "Firefox",
        "url": "https://club.example/join",
        "signal": CONSENTS,
    }
    assert state(whole) == "granted"
    assert [row["text"] for row in whole.rows(consent_notice)] == [TEXT]
    shown = answers(whole).show(ADA)
    assert (shown["consent_email"], shown["consent_email_version"]) == ("granted", "2025-01")
    stored = b"".join(bytes(row["sealed"]) for row in whole.rows(consent_record) if row["sealed"])
    assert b"203.0.113.77" not in stored


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"action": "grant"}, "consent_without_evidence"),
    ({"action": "grant", "evidence": "form", "purpose": "ads"}, "consent_purpose_unknown"),
    ({"action": "grant", "evidence": "form", "channel": "push"}, "consent_channel_unknown"),
    ({"action": "grant", "evidence": "form", "scope": "hamburg-altona"}, "consent_scope_unknown"),
    ({"action": "grant", "evidence": "form", "tc_string": "CPx"}, "consent_string_undecodable"),
    ({"action": "grant", "evidence": "form", "tc_string": DENIES}, "consent_string_refuses"),
    ({"action": "agree"}, "consent_action_unknown"),
    ({"action": "withdraw", "occurred_at": "soon"}, "consent_time_invalid"),
    ({"action": "withdraw", "profile": "user_id:nobody"}, "profile_unknown"),
    ({"action": "withdraw", "profile": None, "source": "x"}, "consent_source_unknown"),
    ({"action": "withdraw", "profile": None, "source": "app"}, "consent_person_unknown"),
]


def test_what_the_ledger_does_not_take_is_told(whole: Whole) -> None:
    before = whole.rows(consent_record)
    for act, code in REFUSED:
        with pytest.raises(CallerError) as raised:
            does(whole, **act)
        assert raised.value.code == code
    assert whole.rows(consent_record) == before


def test_the_past_is_shown_as_it_was(whole: Whole) -> None:
    does(whole, NOON + DAY, action="withdraw")
    does(whole, NOON + 2 * DAY, action="grant", evidence="form")
    days = ["2025-03-03T23:00:00Z", "2025-03-04T23:00:00Z", "2025-03-05T23:00:00Z"]
    assert [state(whole, at=day) for day in days] == ["granted", "withdrawn", "granted"]
    assert [len(answers(whole).history(ADA, day)["records"]) for day in days] == [1, 2, 3]


def test_a_grant_ends_by_time_and_its_audience_is_left_at_that_instant(whole: Whole) -> None:
    assert "agreed" in answers(whole).look.profile(ADA, whole.clock.now())["audiences"]
    whole.tick(NOON + 40 * DAY)
    assert state(whole) == "expired"
    left = [row for row in whole.rows(membership_change) if row["audience"] == "agreed" and not row["joined"]]
    assert [(row["at"], row["cause"]) for row in left] == [(NOON + 1_000_000 + 30 * DAY, "time")]


def test_an_identify_call_or_a_file_without_evidence_never_raises_consent(whole: Whole) -> None:
    does(whole, action="withdraw")
    now = whole.clock.now() + HOUR
    for mode in (Mode.LIVE, Mode.BACKFILL):
        call = {"type": "identify", "userId": "ada", "messageId": f"i-{mode}", "traits": {"consent_email": True}}
        grant = {"type": "track", "event": "Consent Updated", "userId": "ada", "messageId": f"g-{mode}"}
        told = {"purpose": "marketing", "channel": "email", "action": "grant"}
        whole.send([call, grant | {"properties": told}], now, mode=mode)
    whole.tick(now)
    assert state(whole) == "withdrawn"


def browses(whole: Whole, *, gpc: bool) -> None:
    now = whole.clock.now() + MINUTE
    body = msgspec.json.encode({"batch": [{"type": "page", "userId": "ada", "messageId": f"p-{now}"}]})
    envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=now, body=body, gpc=gpc)
    whole.stores.log.append(NORMAL, [seal_envelope(whole.stores.keys, envelope)])
    whole.tick(now)


def test_the_browsers_signal_objects_once_for_the_person_and_their_address(whole: Whole) -> None:
    browses(whole, gpc=False)
    assert state(whole, "sale") is None
    browses(whole, gpc=True)
    assert state(whole, "sale") == "objected"
    count = len(whole.rows(consent_record))
    browses(whole, gpc=True)
    assert len(whole.rows(consent_record)) == count
    objected = [row for row in whole.rows(consent_record) if row["purpose"] == "sale"]
    assert {row["gpc"] for row in objected} == {True}
    assert any(row["address_hash"] for row in objected)


def test_categories_strings_and_platforms(whole: Whole) -> None:
    does(whole, action="deny", purpose=None, platform="onetrust", platform_purpose="C0004", channel="mail")
    assert state(whole) == "denied"
    does(whole, action="grant", evidence="banner", platform="onetrust", platform_purpose="C0004", channel="mail")
    assert state(whole) == "granted"
    now = whole.clock.now() + HOUR
    page = {"type": "page", "userId": "ada", "messageId": "c-1"}
    whole.send(page | {"context": {"consent": {"categoryPreferences": {"C0004": False}}}}, now)
    whole.tick(now)
    assert state(whole) == "withdrawn"
    does(whole, action="grant", evidence="form")
    later = whole.clock.now() + HOUR
    whole.send(page | {"messageId": "c-2", "context": {"consent": {"tcString": "C~broken"}}}, later)
    whole.tick(later)
    assert state(whole) == "denied", "what cannot be decoded is not consented to"


def claim_of(whole: Whole) -> PageClaim:
    profile_id = whole.profile_id(ADA)
    hashed = whole.installation.look.hash_of("email:ada@example.com")
    assert hashed is not None
    return PageClaim("", profile_id, hashed, "email", "de", whole.clock.now())


def test_a_double_opt_in_counts_from_the_click(whole: Whole) -> None:
    does(whole, action="grant", evidence="form", purpose="newsletter")
    assert state(whole, "newsletter") is None
    door: PreferenceDoor = preference_door(whole.installation, answers(whole).append_own)
    (waiting,) = door.waiting(claim_of(whole))
    assert waiting.purpose == "newsletter"
    told: dict[str, Any] = {"evidence": "list of another system", "purpose": "newsletter", "confirmed": True}
    does(whole, 0, profile=None, user_id="ada", source="app", action="grant", **told)
    assert state(whole, "newsletter") == "granted"
    assert door.waiting(claim_of(whole)) == []


def test_events_from_outside_cannot_say_that_they_are_confirmed_or_lift_a_stop(whole: Whole) -> None:
    now = whole.clock.now() + HOUR
    told = {"purpose": "newsletter", "channel": "email", "action": "grant", "evidence": "me", "confirmed": True}
    track = {"type": "track", "event": "Consent Updated", "userId": "ada"}
    whole.send(track | {"messageId": "x", "properties": told}, now)
    whole.tick(now)
    assert state(whole, "newsletter") is None
    forged = {"purpose": "marketing", "action": "refresh", "evidence": "x", "method": "start_word", "lift": True}
    whole.send(track | {"messageId": "y", "properties": forged}, now)
    whole.tick(now)
    assert "start_word" not in {row["method"] for row in whole.rows(consent_record)}


def test_suppressions_survive_merge_erasure_and_another_import(whole: Whole) -> None:
    hashed = whole.installation.look.hash_of("email:ada@example.com")
    assert hashed is not None
    with whole.stores.state.write() as connection:
        bounced = Suppression(address_hash=hashed, reason="Message Bounced", since_at=NOON, source="x")
        suppression_store.insert_suppressions(connection, [bounced])
    now = whole.clock.now() + HOUR
    whole.send(visits("browser", now), now)
    whole.send(signs_in("ada", "browser", now + MINUTE), now + MINUTE)
    whole.tick(now + MINUTE)
    assert answers(whole).show(ADA)["suppressed"]
    does(whole, action="withdraw")
    open_erasure(whole.installation, whole.lake).erase(ADA, "me", "asked")
    whole.play(joins("ada", whole.clock.now() + DAY), whole.clock.now() + 2 * DAY)
    assert answers(whole).show(ADA)["suppressed"]
    assert state(whole) == "granted", "a new person agreed anew, and after the refusal"
    whole.send(withdrawn("ada", whole.clock.now()), whole.clock.now())
    whole.tick(whole.clock.now())
    again = joins("ada", NOON + 5 * HOUR)
    whole.send([call for _, call in again], whole.clock.now() + HOUR, mode=Mode.BACKFILL)
    whole.tick(whole.clock.now() + HOUR)
    assert state(whole) == "withdrawn", "an old grant that is imported again raises nothing"


def test_a_refusal_of_before_an_erasure_follows_the_address(whole: Whole) -> None:
    does(whole, action="withdraw")
    open_erasure(whole.installation, whole.lake).erase(ADA, "me", "asked")
    whole.play(joins("ada", whole.clock.now() + DAY)[:1], whole.clock.now() + 2 * DAY)
    assert state(whole) == "withdrawn"


def test_of_two_who_become_one_the_more_restrictive_counts_until_they_say_otherwise(whole: Whole) -> None:
    now = whole.clock.now() + HOUR
    told = {"type": "track", "event": "Consent Updated", "anonymousId": "browser", "messageId": "w"}
    whole.send(told | {"properties": {"action": "withdraw", "purpose": "marketing", "channel": "email"}}, now)
    whole.tick(now)
    does(whole, action="grant", evidence="form")
    assert state(whole) == "granted"
    later = whole.clock.now() + HOUR
    whole.send(signs_in("ada", "browser", later), later)
    whole.tick(later)
    assert state(whole) == "withdrawn"
    does(whole, action="grant", evidence="asked again")
    assert state(whole) == "granted"


def test_a_receipt_is_signed_and_a_change_of_it_is_seen(whole: Whole) -> None:
    does(whole, action="grant", evidence="form", notice_version="2025-01")
    found = answers(whole).prove(ADA)
    keys = answers(whole).jwks()
    assert verify(found["receipt"], found["signature"], keys) is None
    assert found["receipt"]["record"]["notices"][0]["text"] == TEXT
    found["receipt"]["record"]["events"][0]["action"] = "grant "
    assert verify(found["receipt"], found["signature"], keys) is not None


def test_a_platform_that_disagrees_flags_the_journeys_that_send(whole: Whole) -> None:
    rows = [PlatformRow(ADA, "C0004", "mail", granted=True), PlatformRow("user_id:x", "C0004", "mail", granted=True)]
    same = answers(whole).comparing.run("onetrust", rows)
    assert [(each["compared"], each["unknown"], each["is_flagged"]) for each in same["compared"]] == [(1, 1, False)]
    answers(whole).comparing.run("onetrust", [PlatformRow(ADA, "C0004", "mail", granted=False)])
    told = consent_status(whole.stores.state, whole.workspace, whole.clock.now())
    assert "win-back" in {each["journey"] for each in told["flagged_journeys"]}
    assert told["records"]["grant"] == 1
    with pytest.raises(CallerError, match="no platform"):
        answers(whole).comparing.run("other", [])


def test_a_grant_that_a_platform_denies_holds_nothing_until_somebody_resolves_it(whole: Whole) -> None:
    claim = claim_of(whole)
    gate = open_consent(whole.installation)
    comparing = answers(whole).comparing

    def asked(channel: str = "email", profile_id: int = claim.profile_id) -> str:
        address = claim.address_hash if profile_id == claim.profile_id else b"other"
        question = ConsentQuestion(profile_id, address, "marketing", channel)
        with whole.stores.state.read() as connection:
            return gate.in_force(connection, [question], whole.clock.now())[0]

    assert asked() == "granted"
    comparing.run("onetrust", [PlatformRow(ADA, "C0004", "mail", granted=False)])
    assert asked() == "disputed"
    (row,) = comparing.disputes()
    assert (row["people"], row["everybody"]) == (1, True), "more than the limit disagree"
    comparing.run("onetrust", [PlatformRow(ADA, "C0004", "mail", granted=True)])
    (row,) = comparing.disputes()
    assert (row["people"], row["everybody"]) == (0, True), "that all is well again is for a person to say"
    assert asked() == "disputed"
    for actor, reason in ((" ", "x"), ("kim", ""), ("kim", "x" * 501)):
        with pytest.raises(CallerError, match="characters"):
            comparing.resolve("onetrust", "marketing", "email", actor=actor, reason=reason)
    told = comparing.resolve("onetrust", "marketing", "email", actor="kim", reason="their export was old")
    assert told["resolved"] == 1
    assert asked() == "granted"
    assert comparing.disputes() == consent_status(whole.stores.state, whole.workspace, NOON)["disputed"] == []
    with pytest.raises(CallerError, match="Nothing is disputed"):
        comparing.resolve("onetrust", "marketing", "email", actor="kim", reason="again")
    comparing.run("onetrust", [PlatformRow(ADA, "C0004", "mail", granted=False)])
    assert asked() == "disputed", "what is found again stands again"


def test_a_denial_of_every_channel_holds_each_and_one_of_several_denials_is_enough(whole: Whole) -> None:
    claim = claim_of(whole)
    gate, comparing = open_consent(whole.installation), answers(whole).comparing
    question = ConsentQuestion(claim.profile_id, claim.address_hash, "marketing", "email")

    def asked() -> str:
        with whole.stores.state.read() as connection:
            return gate.in_force(connection, [question], whole.clock.now())[0]

    with whole.stores.state.write() as connection:
        row = {"platform": "onetrust", "purpose": "marketing", "channel": EVERY, "subject": b"x"}
        open_disputes(connection, [{**row, "profile_id": claim.profile_id, "at": NOON}])
    assert asked() == "disputed"
    comparing.resolve("onetrust", "marketing", EVERY, actor="kim", reason="seen")
    assert asked() == "granted"
    rows = [PlatformRow(ADA, "C0004", "mail", granted=each) for each in (False, True)]
    comparing.run("onetrust", rows)
    assert asked() == "disputed", "whichever row comes last"
    with pytest.raises(CallerError, match="names a channel `Email`") as caught:
        comparing.run("onetrust", [PlatformRow(ADA, "C0004", "Email", granted=False)])
    assert caught.value.code == "consent_channel_unknown"


def test_an_answer_that_may_be_an_opt_out_holds_until_somebody_has_read_it(whole: Whole) -> None:
    claim = claim_of(whole)
    inbox = Inbox(whole.stores.state, whole.stores.keys, whole.workspace.regions, whole.clock)
    inbound = Inbound(id="SM1", sender="+49", text="no more texting please", keyword=Keyword.REVIEW)
    gate = open_consent(whole.installation)

    def asked(channel: str = "email") -> str:
        question = ConsentQuestion(claim.profile_id, claim.address_hash, "marketing", channel)
        with whole.stores.state.read() as connection:
            return gate.in_force(connection, [question], whole.clock.now())[0]

    assert asked() == "granted"
    inbox.review(inbound, Sender(b"number", claim.profile_id))
    assert asked() == "in_review"
    (waiting,) = answers(whole).reviews.open()
    assert waiting["text"] == "no more texting please"
    with pytest.raises(CallerError, match="actor"):
        answers(whole).reviews.decide(waiting["id"], is_opt_out=True, actor=" ")
    answers(whole).reviews.decide(waiting["id"], is_opt_out=False, actor="kim")
    assert asked() == "granted"
    inbox.review(msgspec.structs.replace(inbound, id="SM2"), Sender(b"number", claim.profile_id))
    (waiting,) = answers(whole).reviews.open()
    answers(whole).reviews.decide(waiting["id"], is_opt_out=True, actor="kim")
    whole.tick(whole.clock.now())
    assert (asked("sms"), asked()) == ("withdrawn", "granted"), "it reaches what writes to telephones"
    with pytest.raises(CallerError, match="No open answer"):
        answers(whole).reviews.decide(waiting["id"], is_opt_out=True, actor="kim")


def test_stop_of_a_number_that_nobody_has_is_lifted_by_start_alone(whole: Whole) -> None:
    with whole.stores.state.write() as connection:
        for reason, at in (("answered STOP", 5), ("Message Bounced", 6)):
            one = Suppression(address_hash=b"n", reason=reason, since_at=at, source="x")
            suppression_store.insert_suppressions(connection, [one])
        assert suppression_store.lift_stop(connection, b"n", 7, "x")
        assert suppression_store.load_suppressions(connection, [b"n"])[b"n"].reason == "Message Bounced"
        assert not suppression_store.lift_stop(connection, b"n", 8, "x"), "there is no STOP any more"
        stop = Suppression(address_hash=b"m", reason="answered STOP", since_at=5, source="x")
        suppression_store.insert_suppressions(connection, [stop])
        suppression_store.lift_stop(connection, b"m", 7, "x")
        assert suppression_store.load_suppressions(connection, [b"m"]) == {}
        again = Suppression(address_hash=b"m", reason="answered STOP", since_at=9, source="x")
        suppression_store.insert_suppressions(connection, [again])
        assert suppression_store.load_suppressions(connection, [b"m"]) == {b"m": again}
        spans = [(each.since_at, each.until_at) for each in suppression_store.all_suppressions(connection)]
        assert sorted(spans, key=str) == sorted([(5, 7), (6, None), (5, 7), (9, None)], key=str)
