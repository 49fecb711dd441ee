"""Derived traits: what each derivation gives, and that they follow the sealed ones in any order of arrival."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY
from fieldfare.know.profiles.derive import birth_year_band, country, day_of_year, derive, domain, region
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.merge import merge
from fieldfare.know.profiles.model import Derivation, Document, Sensitivity, TraitSpec, TraitType, TraitValue
from fieldfare.know.profiles.plan import FoldPlan, Ignored
from tests.decide.know.worlds import START_AT, make_event

SPECS = {
    "birthday": TraitSpec(
        "birthday",
        TraitType.DATE,
        Sensitivity.PERSONAL,
        derive=(("birthday_day", Derivation.DAY_OF_YEAR), ("born", Derivation.BIRTH_YEAR_BAND)),
    ),
    "email": TraitSpec("email", TraitType.TEXT, Sensitivity.CONTACT, derive=(("mail_domain", Derivation.DOMAIN),)),
    "address": TraitSpec(
        "address",
        TraitType.OBJECT,
        Sensitivity.PERSONAL,
        derive=(("region", Derivation.REGION), ("country", Derivation.COUNTRY)),
    ),
}
PLAN = FoldPlan((), SPECS)


def identify(at: int, **traits: Any) -> Event:
    return make_event("identify", at=at, payload=traits)


def folded(*events: Event) -> tuple[Document, dict[str, TraitValue]]:
    document, personal = Document(), dict[str, TraitValue]()
    for event in events:
        fold(document, personal, event, PLAN)
    return document, personal


@pytest.mark.parametrize(
    ("how", "value", "derived"),
    [
        (day_of_year, "1990-03-01", 61),
        (day_of_year, "1992-03-01", 61),
        (day_of_year, "1992-02-29", 60),
        (day_of_year, "1990-12-31", 366),
        (day_of_year, "1990-12-31T10:00:00Z", 366),
        (day_of_year, "31.12.1990", None),
        (day_of_year, 19901231, None),
        (birth_year_band, "1990-01-01", "1990-1994"),
        (birth_year_band, "1994-12-31", "1990-1994"),
        (birth_year_band, "2000-02-29", "2000-2004"),
        (birth_year_band, "", None),
        (domain, " Ada@Example.COM ", "example.com"),
        (domain, "ada@mail.example.co.uk", "mail.example.co.uk"),
        (domain, "ada@localhost", None),
        (domain, "no address", None),
        (domain, None, None),
        (region, {"city": "Austin", "state": " Texas "}, "Texas"),
        (region, {"region": "", "province": "Ontario"}, "Ontario"),
        (region, {"city": "Austin", "state": 4}, None),
        (region, "Texas", None),
        (country, "+49 170 5551234", "DE"),
        (country, "+1 416 555 0123", "CA"),
        (country, "+800 1234 5678", None),
        (country, "0170 5551234", None),
        (country, {"country": "us"}, "US"),
        (country, {"country": "Germany"}, None),
        (country, ["DE"], None),
    ],
)
def test_what_is_derived(how: Any, value: Any, derived: Any) -> None:
    assert how(value) == derived


def test_a_derived_trait_carries_the_provenance_of_its_source_changes_and_goes_with_it() -> None:
    document, personal = folded(identify(START_AT, birthday="1990-03-01", email="ada@example.com"))
    day, sealed = document.traits["birthday_day"], personal["birthday"]
    assert (day.value, day.source, day.occurred_at, day.received_at) == (
        61,
        sealed.source,
        sealed.occurred_at,
        sealed.received_at,
    )
    assert {name: fact.value for name, fact in document.traits.items()} == {
        "birthday_day": 61,
        "born": "1990-1994",
        "mail_domain": "example.com",
    }
    touched = fold(document, personal, identify(START_AT + DAY, birthday="1991-03-01"), PLAN)
    assert touched.traits == (), "nothing that a condition could see has changed"
    touched = fold(document, personal, identify(START_AT + 2 * DAY, birthday="1984-03-02"), PLAN)
    assert set(touched.traits) == {"birthday_day", "born"}
    touched = fold(document, personal, identify(START_AT + 3 * DAY, birthday=None), PLAN)
    assert set(touched.traits) == {"birthday_day", "born"}
    assert set(document.traits) == {"mail_domain"}


def test_nobody_can_send_a_derived_trait() -> None:
    document = Document()
    touched = fold(document, {}, identify(START_AT, born="1950-1954"), PLAN)
    assert touched.ignored == (Ignored("born", "derived"),)
    assert document.traits == {}


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "birthday": st.sampled_from(["1990-03-01", "1984-12-31", "no date", None]),
        "email": st.sampled_from(["ada@example.com", "bo@example.org", "none", None]),
        "address": st.sampled_from([{"state": "Texas"}, {"country": "DE"}, {}, None]),
    },
)


def clear(document: Document) -> dict[str, Any]:
    return {name: fact for name, fact in document.traits.items() if name in PLAN.derived_names}


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_the_order_of_arrival_does_not_matter_and_merging_is_as_folding(sent: list[dict[str, Any]]) -> None:
    events = [identify(START_AT + number, **values) for number, values in enumerate(sent)]
    expected, _ = folded(*events)
    for order in permutations(events):
        assert clear(folded(*order)[0]) == clear(expected)
    for split in range(len(events) + 1):
        (into, mine), (other, theirs) = folded(*events[:split]), folded(*events[split:])
        merge(into, other, PLAN, personal=mine, other_personal=theirs)
        assert clear(into) == clear(expected)


def test_deriving_twice_changes_nothing() -> None:
    document, personal = folded(identify(START_AT, birthday="1990-03-01"))
    before = dict(document.traits)
    assert derive(document.traits, personal, PLAN.derived) == []
    assert document.traits == before
