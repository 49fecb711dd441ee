"""Joining contracts: own ones replace shipped ones, synonyms hide no event, conflicts and forbidden fields are told."""

from typing import Any

import pytest

from fieldfare.collect.contracts import (
    INTERNAL_PURPOSES,
    CollectSettings,
    Contract,
    conflicts,
    declared_fields,
    forbidden_fields,
    join_contracts,
    refusing_events,
)
from fieldfare.collect.files import ContractFile, FieldFile
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.strip import field_policy
from fieldfare.collect.vocabulary import shipped_contracts


def test_the_shipped_names_have_no_conflicts_and_an_own_contract_replaces_one() -> None:
    shipped = shipped_contracts()
    assert conflicts(shipped) == []
    joined = join_contracts((), shipped)
    names = {"Checked In": "check_in", "order_completed": "Order Completed", "refund.issued": "Order Refunded"}
    names |= {"consent_updated": "Consent Updated", "membershipexpires30d": "membership_expires_30d"}
    assert {name: joined.canonical(name) for name in names} == names
    assert joined.canonical("unheard of") == "unheard of"
    own, _ = parse_contract(ContractFile(event="check_in", version=7, synonyms=["Entered"]))
    assert own is not None
    joined = join_contracts([own], shipped)
    assert joined.by_event["check_in"].version == 7
    assert joined.canonical("Entered") == "check_in"
    assert joined.canonical("Checked In") == "Checked In"
    bare = join_contracts([own], shipped, CollectSettings(shipped_contracts=False))
    assert set(bare.by_event) == {"check_in"}


def test_an_own_name_is_never_hidden_by_a_shipped_synonym() -> None:
    own, _ = parse_contract(ContractFile(event="Checked In"))
    assert own is not None
    joined = join_contracts([own], shipped_contracts())
    assert joined.canonical("Checked In") == "Checked In"


def made(event: str = "e", **more: Any) -> Contract:
    contract, problems = parse_contract(ContractFile(event=event, **more))
    assert contract is not None, problems
    return contract


def test_versions_live_at_once_and_all_their_synonyms_hold() -> None:
    versions = [made(version=3), made(version=1, synonyms=["old"]), made(version=2, synonyms=["new"])]
    joined = join_contracts(versions, [made(version=9, synonyms=["shipped"])])
    assert joined.by_event["e"].version == 3
    assert list(joined.versions_of("e")) == [1, 2, 3]
    assert joined.versions_of("unheard of") == {}
    assert [contract.version for contract in joined.in_force()] == [1, 2, 3]
    assert {name: joined.canonical(name) for name in ("old", "new", "shipped")} == {
        "old": "e",
        "new": "e",
        "shipped": "shipped",
    }
    oldest = join_contracts(versions, (), CollectSettings(unversioned_events="oldest"))
    assert oldest.by_event["e"].version == 1


def test_what_one_version_forbids_is_forbidden_and_what_one_declares_is_declared() -> None:
    first = made(fields={"a": FieldFile(sensitivity="health"), "b": FieldFile(purposes=["service"])})
    second = made(version=2, fields={"a": FieldFile(purposes=["legal"]), "c": FieldFile()}, forbidden_fields="refuse")
    joined = join_contracts([first, second, made("f")])
    assert forbidden_fields(joined, {}) == (frozenset(), {"e": frozenset("a")})
    assert declared_fields(joined) == {"e": frozenset("ab"), "f": frozenset()}
    assert refusing_events(joined) == {"e"}
    assert refusing_events(join_contracts([made("f")], (), CollectSettings(forbidden_fields="refuse"))) == {"f"}


def test_conflicts_are_told() -> None:
    first, _ = parse_contract(ContractFile(event="a", synonyms=["x"]))
    second, _ = parse_contract(ContractFile(event="b", synonyms=["x", "a"]))
    assert first is not None
    assert second is not None
    assert conflicts([second, first]) == [("b", "x"), ("b", "a")]


def test_forbidden_are_the_fields_that_are_not_allowed() -> None:
    fields = {"a": FieldFile(sensitivity="health"), "b": FieldFile(sensitivity="contact"), "c": FieldFile()}
    own, _ = parse_contract(ContractFile(event="e", fields=fields))
    assert own is not None
    traits, events = forbidden_fields(join_contracts([own]), {"t": "financial", "u": "none"})
    assert (traits, events) == (frozenset("t"), {"e": frozenset("a")})


BRIEF = """message_received ticket_created payment_failed appointment_booked check_in no_show refund_initiated
class_attended visit_logged app_opened subscription_paused email_open sms_clicked nps_submitted support_ticket_created
support_escalated product_view add_to_cart booking_cancelled booking_made booking_attended payment_retry sms_response
booking.created class.attended payment.succeeded refund.issued page_view session_start class_signup appointment_cancel
transaction refund purchase_intent membershipexpires30d class_booked checkin_event redemption"""
"""Every event name that the domain speaks of, as it is written there."""


@pytest.mark.parametrize("name", BRIEF.split())
def test_every_event_of_the_domain_is_known(name: str) -> None:
    joined = join_contracts((), shipped_contracts())
    contract = joined.by_event.get(joined.canonical(name))
    assert contract is not None, name
    assert contract.description
    assert contract.validator is not None
    assert 2 <= len(contract.known) <= 12


def test_what_is_shipped_takes_no_value_away_and_says_why_it_is_asked() -> None:
    shipped = shipped_contracts()
    assert all(contract.shipped for contract in shipped)
    policy = field_policy(join_contracts((), shipped), {})
    assert policy.needles == (), "nothing shipped may be forbidden by default"
    for contract in shipped:
        assert contract.known == {name.partition(".")[0] for name in contract.fields}, contract.event
        for name, field in contract.fields.items():
            assert field.purposes, f"{contract.event}.{name}"
            assert set(field.purposes) <= INTERNAL_PURPOSES
        assert not contract.file.schema.get("required")
        empty = dict.fromkeys(contract.known - {"revenue", "total", "score"})
        assert contract.validator is None or contract.validator.is_valid(empty), contract.event
