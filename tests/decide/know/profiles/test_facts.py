"""The traits that one event carries. How they fold is told in ``test_fold``."""

import msgspec
import pytest

from fieldfare.know.identity.normal import Regions
from fieldfare.know.profiles.facts import facts_of, traits_sent
from fieldfare.know.profiles.model import Basis, Origin, TraitSpec, TraitStatus, TraitType, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from tests.decide.know.worlds import START_AT, make_event

PLAN = FoldPlan(
    [],
    {"since": TraitSpec("since", TraitType.DATE), "new": TraitSpec("new", TraitType.TEXT, status=TraitStatus.PROPOSED)},
    origins={"sure": Origin("crm", confidence=80), "model": Origin("model", infers=True)},
)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("since", "2026-03-01", None),
        ("since", "soon", "wrong_type"),
        ("new", "x", "proposed"),
        ("note", "x" * 5_000, "too_large"),
        ("", "x", "bad_name"),
        ("x" * 201, "x", "bad_name"),
    ],
)
def test_why_a_value_is_not_kept(name: str, value: object, reason: str | None) -> None:
    (sent,) = facts_of(make_event("identify"), {name: value}, PLAN)
    assert (sent.name, sent.reason, sent.sealed) == (name, reason, False)


@pytest.mark.parametrize(
    ("source", "basis", "confidence"),
    [("app", Basis.DECLARED, 100), ("sure", Basis.DECLARED, 80), ("model", Basis.INFERRED, 50)],
)
def test_provenance(source: str, basis: Basis, confidence: int) -> None:
    event = make_event("identify", source=source, received_at=START_AT + 9, payload={"plan": "gold", "email": "a@b.c"})
    plan, email = facts_of(event, traits_sent(event) or {}, PLAN)
    assert plan.fact == TraitValue("gold", source, START_AT, START_AT + 9, basis, confidence)
    assert (email.name, email.sealed) == ("email", True)


def test_events_without_traits() -> None:
    assert traits_sent(make_event(payload={"email": "a property"})) is None
    assert traits_sent(make_event(context={"traits": "none"})) is None
    assert traits_sent(make_event(context={"traits": {"a": 1}})) == {"a": 1}


@pytest.mark.parametrize(
    ("given", "location", "kept"),
    [
        ("040 428 430 00", "altona", "+494042843000"),
        ("01 40000", "wien", "+43140000"),
        ("01 40000", "altona", "01 40000"),  # no number there: kept as it was sent
        ("+43 1 40000", "altona", "+43140000"),
        ("01 40000", None, "01 40000"),
        (42, "altona", 42),
    ],
)
def test_a_number_is_kept_with_the_country_of_its_event(given: object, location: str | None, kept: object) -> None:
    plan = FoldPlan([], {}, regions=Regions({"altona": "DE", "wien": "AT"}))
    sent = {"phone": given, "fax": given}
    event = msgspec.structs.replace(make_event("identify", payload=sent), location=location)
    found = {each.name: each.fact.value for each in facts_of(event, sent, plan)}
    assert found == {"phone": kept, "fax": given}
