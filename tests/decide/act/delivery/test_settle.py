"""From drafts to facts, from verdicts to rows."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.model import Address, Capabilities, Counted, Message, Standing, Tally
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.act.delivery.settle import (
    Draft,
    Reading,
    Settled,
    batches,
    deferred,
    facts_of,
    one_of_each_broadcast,
    read_for,
    settle,
    units_of,
)
from fieldfare.decide.gate.model import Controls, Deferral, Finding, Reason, Refusal, Sent, Verdict
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import HOUR
from fieldfare.learn.experiments.model import Arm
from fieldfare.testing.delivery import START, a_permit, a_proposal

STANDING = Standing(
    revision=3,
    zone="Europe/Berlin",
    zone_source="trait",
    phases=frozenset({"peak", "january.peak"}),
    on_hold=False,
    match_confidence=90,
    external_id_hash=b"x" * 16,
)


def sent(at: int) -> Sent:
    return Sent(at=at, channel="email", purpose="marketing")


READING = Reading(
    standing=STANDING,
    consent="granted",
    suppressed_since=None,
    consent_pending=False,
    sent=(sent(1), sent(2)),
    live=True,
    tally=Tally(2, 1),
)


def sent_ats(several: Sequence[Sent]) -> list[int]:
    return [one.at for one in several]


def a_draft(number: int = 1, to: str | None = "ada@example.com", **changes: Any) -> Draft:
    message = Message(
        proposal_id=f"prp_{number}",
        channel="email",
        template="hello",
        to=to or "",
        subject="Hi",
        text="Hello",
        html=None,
        headers={},
        unsubscribe_url=None,
    )
    return Draft(
        proposal=a_proposal(number, **changes),
        address=Address(to, digest(to)) if to else None,
        revision=3,
        message=message if to else None,
        failure=None if to else RenderFailure("text", "profile.first_name", "missing"),
    )


def settled(verdict: Verdict, draft: Draft | None = None) -> Settled:
    return settle(draft or a_draft(), READING, verdict, now=START, policy_version="p1", counts=True)


def refusal(*reasons: Reason) -> Refusal:
    return Refusal(proposal_id="prp_1", findings=tuple(Finding(f"r_{each}", each, {"n": 1}) for each in reasons))


def test_the_facts_are_what_was_read() -> None:
    facts = facts_of(a_draft(), READING)
    assert (sent_ats(facts.sent), facts.zone, facts.rendered) == ([1, 2], "Europe/Berlin", True)
    without = facts_of(a_draft(to=None), READING)
    assert (without.address_hash, without.rendered) == (None, False)


def test_a_permit_writes_an_attempt_with_the_next_number() -> None:
    draft = a_draft()
    result = settled(a_permit(draft.proposal, draft.address.hash if draft.address else b""), draft)
    assert result.attempt is not None
    assert (result.attempt.id, result.attempt.counts_toward_caps) == ("prp_1.3", True)
    assert result.change.status == "permitted"
    assert result.exposure is not None
    assert result.decision["decision_outcome"] == "permit"
    assert result.decision["rule_id"] == "permit"


def test_a_refusal_lists_every_reason_and_its_inputs() -> None:
    row = settled(refusal(Reason.SUPPRESSED, Reason.CAP_REACHED)).decision
    assert msgspec.json.decode(row["reasons"]) == ["suppressed", "cap_reached"]
    assert msgspec.json.decode(row["inputs"])["r_cap_reached"] == {"n": 1}
    assert (row["rule_id"], row["phase"], row["policy_version"]) == ("r_suppressed", "january.peak,peak", "p1")


@pytest.mark.parametrize(
    ("reasons", "status", "exposed"),
    [
        ((Reason.HOLDOUT,), "refused", True),
        ((Reason.HOLDOUT, Reason.CONSENT_MISSING), "refused", False),
        ((Reason.CONSENT_MISSING,), "refused", False),
        ((Reason.EXPIRED, Reason.HOLDOUT), "expired", False),
    ],
)
def test_only_a_refusal_for_the_holdout_alone_is_an_exposure(
    reasons: tuple[Reason, ...], status: str, exposed: bool
) -> None:
    result = settled(refusal(*reasons), a_draft(arm=Arm.HOLDOUT))
    assert (result.change.status, result.exposure is not None, result.attempt) == (status, exposed, None)


def test_without_an_experiment_there_is_no_exposure() -> None:
    draft = a_draft(experiment=None)
    assert settled(a_permit(draft.proposal), draft).exposure is None


def test_a_deferral_moves_the_due_time() -> None:
    verdict = Deferral(
        proposal_id="prp_1", until=START + HOUR, findings=(Finding("quiet", Reason.QUIET_HOURS, {}, START + HOUR),)
    )
    result = settled(verdict)
    assert (result.change.status, result.change.due_at, result.exposure) == ("due", START + HOUR, None)


def test_a_failed_rendering_is_in_the_inputs_without_values() -> None:
    row = settled(refusal(Reason.RENDER_FAILED), a_draft(to=None)).decision
    assert msgspec.json.decode(row["inputs"])["render"]["variable"] == "profile.first_name"


def test_no_row_holds_the_address() -> None:
    draft = a_draft()
    result = settled(a_permit(draft.proposal), draft)
    assert "ada@" not in repr(result)


def test_what_the_provider_cannot_take_now_is_deferred_and_its_permit_is_not_used() -> None:
    draft = a_draft()
    held = Finding("provider_open", Reason.PROVIDER_OPEN, {"provider": "mail"}, until=START + 5)
    result = settled(deferred(a_permit(draft.proposal), held), draft)
    assert (result.attempt, result.change.status, result.change.due_at) == (None, "due", START + 5)
    assert result.decision["reasons"] == '["provider_open"]'


def test_segments_count_where_the_channel_counts_them() -> None:
    message = a_draft().message
    assert message is not None
    long = msgspec.structs.replace(message, text="x" * 161)
    assert units_of(long, Capabilities(address="phone", receipts=True, max_segments=3)) == 2
    assert units_of(long, Capabilities(address="email", receipts=True)) == 1


def test_two_people_of_one_address_are_asked_one_after_the_other() -> None:
    first, second, other = (a_draft(number, broadcast=name) for number, name in ((1, "brd_1"), (2, "brd_1"), (3, None)))
    assert one_of_each_broadcast([first, second, other]) == [first, other]


def test_one_address_is_never_split_over_batches() -> None:
    drafts = [a_draft(1, "a@x.example"), a_draft(2, "b@x.example"), a_draft(3, "a@x.example"), a_draft(4, None)]
    made = batches(drafts, 2)
    ids = [[[draft.proposal.profile_id for draft in group] for group in batch] for batch in made]
    assert ids == [[[1, 3], [2]], [[4]]]


def test_what_was_sent_counts_for_the_address_and_for_the_person() -> None:
    draft = a_draft(7)
    assert draft.address is not None
    counted = [
        Counted(draft.address.hash, 8, sent(10)),
        Counted(b"z" * 16, 7, sent(20)),
        Counted(draft.address.hash, 7, sent(5)),
    ]
    readings = read_for(
        [draft],
        standing={7: STANDING},
        consents=["granted"],
        suppressed={draft.address.hash: 3},
        pending=set(),
        live=set(),
        counted=counted,
        tally={},
        controls={"prp_7": Controls()},
        consent_records=[("con_1",)],
    )
    reading = readings["prp_7"]
    assert sent_ats(reading.sent) == [5, 10, 20]
    assert (reading.suppressed_since, reading.live, reading.tally) == (3, False, Tally())
    assert reading.consent_records == ("con_1",)
