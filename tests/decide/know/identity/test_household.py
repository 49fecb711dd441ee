"""Who lives together because they share an e-mail address."""

from fieldfare.know.identity.household import SHARED_EMAIL, household_links
from fieldfare.know.identity.model import LinkKind
from tests.decide.know.identity.test_partition import ANON, EMAIL, PHONE, USER, link, name, of


def test_people_who_share_an_address_are_a_household() -> None:
    nodes = of(USER, USER, USER, EMAIL)
    links = [link(number, 4, at=number) for number in (1, 2, 3)]
    found = household_links([name(4)], nodes, links)
    assert {(each.a, each.b, each.occurred_at) for each in found} == {(name(1), name(2), 2), (name(1), name(3), 3)}
    assert {(each.kind, each.rule) for each in found} == {(LinkKind.HOUSEHOLD, SHARED_EMAIL)}


def test_a_shared_device_or_phone_is_no_household() -> None:
    nodes = of(USER, USER, ANON, PHONE)
    links = [link(1, 3, at=1), link(2, 3, at=2), link(1, 4, at=3), link(2, 4, at=4)]
    assert household_links([name(3), name(4)], nodes, links) == []


def test_what_was_taken_back_makes_none() -> None:
    nodes = of(USER, USER, EMAIL)
    assert household_links([name(3)], nodes, [link(1, 3, at=1), link(2, 3, at=2, retracted=True)]) == []
