"""Payloads in the form that the senders document, with values of our own."""

from typing import Any

from tests.decide.collect.sources.requests import AT


def stripe(topic: str, before: dict[str, Any] | None = None, **thing: Any) -> dict[str, Any]:
    """Return an event of Stripe around an object."""
    data: dict[str, Any] = {"object": {"id": "ob_1", "customer": "cus_1", "currency": "eur", "metadata": {}, **thing}}
    if before is not None:
        data["previous_attributes"] = before
    return {"id": "evt_1", "object": "event", "type": topic, "created": AT, "livemode": False, "data": data}


def subscription(**thing: Any) -> dict[str, Any]:
    """Return a subscription of Stripe."""
    price = {"id": "price_1", "nickname": "Gold", "recurring": {"interval": "month"}}
    item = {"current_period_end": AT + 86_400, "price": price}
    return {"id": "sub_1", "status": "active", "cancel_at_period_end": False, "items": {"data": [item]}, **thing}


def order(**more: Any) -> dict[str, Any]:
    """Return an order of Shopify."""
    return {
        "id": 820982911946154508,
        "name": "#1001",
        "currency": "EUR",
        "total_price": "199.95",
        "total_discounts": "5.00",
        "discount_codes": [{"code": "SPRING", "amount": "5.00", "type": "fixed_amount"}],
        "contact_email": "ada@example.com",
        "customer": {"id": 115310627314723954, "email": "ada@example.com"},
        "line_items": [{"title": "Rope", "quantity": 2}, {"title": "Mat", "quantity": 1}],
        "processed_at": "2026-01-31T13:00:00-05:00",
        "created_at": "2026-01-31T13:00:01-05:00",
        "source_name": "web",
        "location_id": None,
        **more,
    }


def square(topic: str, kind: str, **thing: Any) -> dict[str, Any]:
    """Return a notification of Square around an object."""
    return {
        "merchant_id": "M1",
        "type": topic,
        "event_id": "ev-1",
        "created_at": "2026-01-31T18:00:00.123Z",
        "data": {"type": kind, "id": "ob-1", "object": {kind: {"id": "ob-1", "customer_id": "C1", **thing}}},
    }


def mindbody(topic: str, **data: Any) -> dict[str, Any]:
    """Return a notification of Mindbody."""
    return {
        "messageId": "ASwFMoA2Q5UKw69g3RDbvU",
        "eventId": topic,
        "eventSchemaVersion": 1,
        "eventInstanceOriginationDateTime": "2026-01-31T18:00:00Z",
        "eventData": {"siteId": -99, "clientId": "100000009", "clientUniqueId": 9, **data},
    }
