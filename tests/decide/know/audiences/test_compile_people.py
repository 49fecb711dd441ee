"""Identifiers, confidence, consent and households of one document; what is not known is no permission."""

import pytest

from fieldfare.know.audiences.compile_people import OfPerson, household_state, person_run
from fieldfare.know.audiences.household import rule_of
from fieldfare.know.audiences.model import Bound, Did, HasConsent, HasIdentifier, Household, MatchConfidence, Permission
from fieldfare.know.profiles.model import Document

DOCUMENT = Document(
    identifiers={"email": [b"x"], "phone": []},
    match_confidence=90,
    consent={"news email": "granted", "news sms": "denied", "offers email": "withdrawn", "news push": "strange"},
)


@pytest.mark.parametrize(
    ("node", "holds"),
    [
        (HasIdentifier("email"), True),
        (HasIdentifier("phone"), False),
        (HasIdentifier("phone", exists=False), True),
        (HasIdentifier("unknown"), False),
        (MatchConfidence((Bound("at_least", 90),)), True),
        (MatchConfidence((Bound("at_least", 80), Bound("below", 90))), False),
        (HasConsent("news", "email"), True),
        (HasConsent("news", "sms"), False),
        (HasConsent("news", "sms", Permission.WITHDRAWN), True),
        (HasConsent("offers", "email", Permission.WITHDRAWN), True),
        (HasConsent("offers", "sms", Permission.NONE), True),
        (HasConsent("news", "push"), False),
        (HasConsent("news", "push", Permission.NONE), True),
    ],
)
def test_of_one_person(node: OfPerson, *, holds: bool) -> None:
    assert person_run(node)(DOCUMENT, 0, 0) == (holds, None)


def test_a_household_is_told_by_the_kept_rule_or_by_what_is_computed() -> None:
    who = Did("X")
    node = Household(who, (Bound("at_least", 1),))
    document = Document(rules=[rule_of(who)])
    assert household_state(node, None)(document, 0, 0) == (True, None)
    assert household_state(node, lambda _document, _now, _today: (False, 7))(document, 0, 0) == (False, 7)
    everybody = Household(None, (Bound("exactly", 1),))
    assert household_state(everybody, None)(document, 0, 0) == (True, None)
