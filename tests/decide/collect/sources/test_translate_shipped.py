"""The shipped mappings on documented samples: which event, whose, when, how much; and that one thing counts once."""

from typing import Any

import msgspec
import pytest

from fieldfare.collect.check import check
from fieldfare.collect.contracts import join_contracts
from fieldfare.collect.model import Envelope, Event, Mode
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.sources.mappings import shipped_webhooks
from fieldfare.collect.sources.model import EventName, Rule, WebhookMapping
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.ground.instants import parse_iso
from tests.decide.collect.sources.requests import AT, shipped
from tests.decide.collect.sources.samples import mindbody, order, square, stripe, subscription

CONTRACTS = join_contracts((), shipped_contracts())
RECEIVED = parse_iso("2026-03-01T00:00:00Z")
STRIPE_AT = "2025-10-09T08:53:20Z"
MONEY = {"amount": 19.99, "amount_minor": 1999, "currency": "EUR"}
ROSTER = {"classRosterBookingId": 5, "classId": 3, "locationId": 1, "classStartDateTime": "2026-02-01T09:00:00Z"}
VISIT = {"appointmentId": 4, "locationId": 1, "startDateTime": "2026-02-01T09:00:00Z", "durationMinutes": 60}


def names(name: str, payload: Any, **headers: str) -> list[str]:
    items = shipped(name, payload, headers).items
    assert [item.problem for item in items] == [None] * len(items)
    body = msgspec.json.encode({"batch": [item.call for item in items]})
    envelope = Envelope(Mode.LIVE, name, "batch", RECEIVED, body)
    for event in parse(envelope, 0, 0, ParseSettings(zone="UTC")):
        assert isinstance(event, Event), event
        assert isinstance(check(event, CONTRACTS), Event), "the shipped contract takes it"
    return [item.call.get("event", item.call["type"]) for item in items]


def ids(name: str, payload: Any, **headers: str) -> set[str]:
    return {item.call["messageId"] for item in shipped(name, payload, headers).items}


def test_every_event_of_a_shipped_mapping_has_a_contract() -> None:
    known = {contract.event for contract in shipped_contracts()}
    for mapping in shipped_webhooks().values():
        for rule in mapping.rules:
            assert {name for name in (rule.event.otherwise, *rule.event.table.values()) if name} <= known


def undeclared(mapping: WebhookMapping) -> set[tuple[str, str]]:
    """Return (event, property) that the mapping sends and the shipped contract does not name."""
    known = {contract.event: contract.known for contract in shipped_contracts()}
    return {
        (event, name)
        for rule in mapping.rules
        if rule.type == "track" and not rule.ignore
        for event in filter(None, (rule.event.otherwise, *rule.event.table.values()))
        for name in {*rule.constants, *(path[0] for path, _ in rule.fields)} - known[event]
    }


def test_every_property_of_a_shipped_mapping_is_declared() -> None:
    """So that a workspace may set aside or strip what no contract names, and lose nothing of them."""
    for mapping in shipped_webhooks().values():
        assert undeclared(mapping) == set(), mapping.name
    rule = Rule(event=EventName(otherwise="check_in"), constants={"odd": 1})
    assert undeclared(WebhookMapping(name="m", rules=(rule,))) == {("check_in", "odd")}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (stripe("payment_intent.succeeded", amount_received=1999), ["payment_succeeded"]),
        (stripe("charge.succeeded", amount=1999), ["payment_succeeded"]),
        (stripe("payment_intent.payment_failed", amount=1999, latest_charge="ch_1"), ["payment_failed"]),
        (stripe("charge.failed", amount=1999), ["payment_failed"]),
        (stripe("payment_intent.succeeded", customer=None), []),
        (stripe("charge.refunded", {"amount_refunded": 500}, amount_refunded=1500), ["Order Refunded"]),
        (stripe("refund.created", amount=500), []),
        (stripe("refund.created", amount=500, metadata={"user_id": "u-1"}), ["refund_initiated"]),
        (stripe("refund.failed", amount=5, status="failed", metadata={"user_id": "u-1"}), ["refund_failed"]),
        (stripe("refund.updated", amount=5, status="succeeded", metadata={"user_id": "u-1"}), []),
        (stripe("invoice.paid", amount_paid=1999, billing_reason="subscription_create"), ["invoice_paid"]),
        (
            stripe("invoice.paid", amount_paid=1999, billing_reason="subscription_cycle"),
            ["invoice_paid", "membership_renewed"],
        ),
        (stripe("invoice.payment_failed", amount_due=1999, attempt_count=2), ["invoice_payment_failed"]),
        (stripe("checkout.session.completed", mode="payment", payment_status="paid"), ["Order Completed"]),
        (stripe("checkout.session.completed", mode="payment", payment_status="unpaid"), []),
        (stripe("checkout.session.completed", mode="subscription", payment_status="paid"), []),
        (stripe("customer.created", email="a@example.com"), ["identify", "Signed Up"]),
        (stripe("customer.updated", email="a@example.com"), ["identify"]),
        (stripe("customer.deleted"), ["account_closed"]),
        (stripe("customer.subscription.created", **subscription()), ["membership_activated"]),
        (stripe("customer.subscription.created", **subscription(status="incomplete")), []),
        (
            stripe("customer.subscription.updated", {"status": "incomplete"}, **subscription()),
            ["membership_activated", "membership_updated"],
        ),
        (stripe("customer.subscription.updated", {"quantity": 1}, **subscription()), ["membership_updated"]),
        (stripe("customer.subscription.deleted", **subscription(status="canceled")), ["membership_cancelled"]),
        (stripe("customer.subscription.paused", **subscription(status="paused")), ["subscription_paused"]),
        (stripe("customer.subscription.resumed", **subscription()), ["subscription_resumed"]),
        (stripe("customer.subscription.trial_will_end", **subscription(trial_end=AT)), ["trial_ending"]),
        (stripe("balance.available"), []),
    ],
)
def test_stripe_topics(payload: dict[str, Any], expected: list[str]) -> None:
    assert names("stripe", payload) == expected


def test_a_stripe_payment_in_full() -> None:
    payload = stripe("payment_intent.succeeded", amount_received=1999, metadata={"user_id": "user-17"})
    (item,) = shipped("stripe", payload).items
    call = dict(item.call)
    call.pop("messageId")
    assert call == {
        "type": "track",
        "event": "payment_succeeded",
        "userId": "user-17",
        "anonymousId": "cus_1",
        "timestamp": STRIPE_AT,
        "properties": {"payment_id": "ob_1", **MONEY},
    }


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 1999), ("kwd", 1.999), ("isk", 19.99), ("usd", 19.99)])
def test_stripe_money_has_the_digits_of_its_currency(currency: str, amount: float) -> None:
    properties = (
        shipped("stripe", stripe("charge.succeeded", amount=1999, currency=currency)).items[0].call["properties"]
    )
    assert (properties["amount"], properties["amount_minor"]) == (amount, 1999)


def test_a_stripe_refund_is_the_part_given_back_now() -> None:
    first = stripe("charge.refunded", {"amount_refunded": 0}, amount_refunded=500)
    second = stripe("charge.refunded", {"amount_refunded": 500}, amount_refunded=1500)
    assert [shipped("stripe", each).items[0].call["properties"]["revenue"] for each in (first, second)] == [5, 10]
    assert not ids("stripe", first) & ids("stripe", second)


def test_one_stripe_payment_counts_once_however_it_is_told() -> None:
    intent = stripe("payment_intent.succeeded", id="pi_1", amount_received=1999)
    charge = stripe("charge.succeeded", id="ch_1", payment_intent="pi_1", amount=1999) | {"id": "evt_2"}
    assert ids("stripe", intent) == ids("stripe", charge)
    failed = stripe("payment_intent.payment_failed", id="pi_1", latest_charge="ch_2", amount=1999)
    told = stripe("charge.failed", id="ch_2", payment_intent="pi_1", amount=1999) | {"id": "evt_3"}
    assert ids("stripe", failed) == ids("stripe", told)
    again = stripe("payment_intent.payment_failed", id="pi_1", latest_charge="ch_3", amount=1999)
    assert ids("stripe", again) != ids("stripe", failed)
    paid, succeeded = (stripe(f"invoice.{word}", amount_paid=1) for word in ("paid", "payment_succeeded"))
    assert ids("stripe", paid) == ids("stripe", succeeded | {"id": "evt_4"})


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("orders/create", order(), ["Order Completed"]),
        ("orders/create", order(customer=None), []),
        ("orders/paid", order(), ["payment_succeeded"]),
        ("orders/fulfilled", order(), ["Order Fulfilled"]),
        ("orders/cancelled", order(cancelled_at="2026-02-01T00:00:00Z", cancel_reason="customer"), ["Order Cancelled"]),
        ("refunds/create", {"id": 1, "order_id": 2, "transactions": [{"amount": "5.00"}]}, []),
        (
            "refunds/create",
            {"id": 1, "order_id": 2, "transactions": [{"amount": "5.00", "currency": "EUR"}], "order": order()},
            ["Order Refunded"],
        ),
        ("checkouts/create", {**order(), "token": "t"}, ["Checkout Started"]),
        ("customers/create", {"id": 7, "email": "a@example.com"}, ["identify", "Signed Up"]),
        ("customers/update", {"id": 7, "email": "a@example.com"}, ["identify"]),
        ("customers/delete", {"id": 7}, ["account_closed"]),
        ("products/update", {"id": 7}, []),
    ],
)
def test_shopify_topics(topic: str, payload: dict[str, Any], expected: list[str]) -> None:
    assert names("shopify", payload, x_shopify_topic=topic, x_shopify_event_id="e-1") == expected


def test_a_shopify_order_in_full() -> None:
    (item,) = shipped("shopify", order(), x_shopify_topic="orders/create").items
    assert item.call["anonymousId"] == "shopify:115310627314723954"
    assert item.call["timestamp"] == "2026-01-31T18:00:00Z"
    assert item.call["context"] == {"traits": {"email": "ada@example.com"}}
    assert item.call["properties"] == {
        "order_id": "820982911946154508",
        "revenue": 199.95,
        "currency": "EUR",
        "discount": 5,
        "coupon": "SPRING",
        "items": 3,
        "products": ["Rope", "Mat"],
    }


def test_topics_of_one_shopify_event_id_are_different_events() -> None:
    both = [
        ids("shopify", order(), x_shopify_topic=topic, x_shopify_event_id="e")
        for topic in ("orders/create", "orders/paid")
    ]
    assert not both[0] & both[1]
    redelivered = ids("shopify", order(), x_shopify_topic="orders/paid", x_shopify_event_id="other")
    assert redelivered == both[1], "two subscriptions of one topic"


MONEYS = {"total_money": {"amount": 1999, "currency": "EUR"}}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (square("payment.created", "payment", status="APPROVED", **MONEYS), []),
        (square("payment.updated", "payment", status="COMPLETED", **MONEYS), ["payment_succeeded"]),
        (square("payment.updated", "payment", status="FAILED", **MONEYS), ["payment_failed"]),
        (square("payment.updated", "payment", status="COMPLETED", customer_id=None, **MONEYS), []),
        (
            square("payment.updated", "payment", status="COMPLETED", refunded_money={"amount": 5, "currency": "EUR"}),
            ["Order Refunded", "payment_succeeded"],
        ),
        (square("refund.updated", "refund", status="COMPLETED"), []),
        (square("customer.created", "customer", given_name="Ada"), ["identify", "Signed Up"]),
        (square("customer.updated", "customer", given_name="Ada"), ["identify"]),
        (square("customer.deleted", "customer"), ["account_closed"]),
        (square("booking.created", "booking", status="ACCEPTED"), ["appointment_booked"]),
        (square("booking.updated", "booking", status="ACCEPTED", version=2), ["appointment_updated"]),
        (square("booking.updated", "booking", status="CANCELLED_BY_CUSTOMER"), ["appointment_cancelled"]),
        (square("booking.updated", "booking", status="NO_SHOW"), ["no_show"]),
        (square("subscription.created", "subscription", status="ACTIVE"), ["membership_activated"]),
        (square("subscription.updated", "subscription", status="CANCELED"), ["membership_cancelled"]),
        (square("subscription.updated", "subscription", status="ACTIVE"), ["membership_updated"]),
    ],
)
def test_square_topics(payload: dict[str, Any], expected: list[str]) -> None:
    assert names("square", payload) == expected


def test_a_square_payment_counts_once_however_often_it_changes() -> None:
    payments = [square("payment.updated", "payment", status="COMPLETED", note=n, **MONEYS) for n in ("a", "b")]
    first, second = (ids("square", payment | {"event_id": f"ev-{n}"}) for n, payment in enumerate(payments))
    assert first == second
    (item,) = shipped("square", payments[0]).items
    assert item.call["anonymousId"] == "square:C1"
    assert item.call["properties"].items() >= MONEY.items()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (mindbody("client.created", email="a@example.com", isProspect=False), ["identify", "Signed Up"]),
        (mindbody("client.created", isProspect=True), ["identify", "lead_created"]),
        (mindbody("client.updated", firstName="Ada"), ["identify"]),
        (mindbody("client.deactivated"), ["account_closed"]),
        (mindbody("clientArrival.created"), ["check_in"]),
        (mindbody("classRosterBooking.created", **ROSTER), ["class_booked"]),
        (mindbody("classRosterBooking.cancelled", **ROSTER), ["booking_cancelled"]),
        (mindbody("classRosterBookingStatus.updated", signedInStatus="SignedIn", **ROSTER), ["class_attended"]),
        (mindbody("classRosterBookingStatus.updated", signedInStatus="Absent", **ROSTER), ["no_show"]),
        (mindbody("classRosterBookingStatus.updated", signedInStatus="LateCancelled", **ROSTER), ["booking_cancelled"]),
        (mindbody("classWaitlistRequest.created", waitlistEntryId=3, classId=1), ["waitlist_joined"]),
        (mindbody("appointmentBooking.created", status="Booked", **VISIT), ["appointment_booked"]),
        (mindbody("appointmentBooking.updated", status="Confirmed", **VISIT), ["appointment_updated"]),
        (mindbody("appointmentBooking.updated", status="Arrived", hasArrived=True, **VISIT), ["check_in"]),
        (mindbody("appointmentBooking.updated", status="NoShow", **VISIT), ["no_show"]),
        (mindbody("appointmentBooking.updated", status="Cancelled", **VISIT), ["appointment_cancelled"]),
        (mindbody("appointmentBooking.cancelled", appointmentId=4, clientId=None), []),
        (
            mindbody(
                "clientSale.created", saleId=8, purchasingClientId="7", totalAmountPaid=20.5, items=[{"quantity": 2}]
            ),
            ["Order Completed"],
        ),
        (
            mindbody("clientMembershipAssignment.created", membershipId=1, membershipName="Gold"),
            ["membership_activated"],
        ),
        (mindbody("clientMembershipAssignment.cancelled", membershipId=1), ["membership_cancelled"]),
        (mindbody("clientContract.updated", clientContractId=1), ["membership_updated"]),
        (mindbody("site.updated"), []),
    ],
)
def test_mindbody_topics(payload: dict[str, Any], expected: list[str]) -> None:
    assert names("mindbody", payload) == expected


def test_a_mindbody_cancellation_told_twice_counts_once() -> None:
    cancelled = mindbody("classRosterBooking.cancelled", **ROSTER)
    status = mindbody("classRosterBookingStatus.updated", signedInStatus="LateCancelled", **ROSTER) | {"messageId": "x"}
    assert ids("mindbody", cancelled) == ids("mindbody", status)
    (item,) = shipped("mindbody", cancelled).items
    assert (item.call["userId"], item.call["properties"]["location_id"]) == ("100000009", "1")


def test_nobody_known_is_a_dead_letter_where_the_mapping_expects_somebody() -> None:
    (item,) = shipped("mindbody", mindbody("client.deactivated", clientId=None)).items
    assert item.problem == "nobody to attach it to: nothing stands at `clientId`"
    assert item.call["event"] == "account_closed"
