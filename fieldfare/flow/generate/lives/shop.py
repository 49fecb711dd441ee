"""How generated customers of ``examples/retail`` live, and what each of its messages truly changes.

The real orders of the demo are another matter (``retail``): no message changed them.
"""

from collections.abc import Callable
from typing import Any

from fieldfare.flow.generate.brand import Answer, Brand, Life, Spot
from fieldfare.ground.instants import parse_iso

SALE = 331
"""The Friday of the sale, days from the first one."""


def _buys(life: Life, day: int, revenue: float, **more: Any) -> None:
    order = f"{life.person.user_id}-{day}"
    life.does(day, 13, "Order Completed", order_id=order, revenue=revenue, currency="GBP", **more)


def _looks(life: Life, day: int, times: int = 3) -> None:
    for number in range(times):
        life.does(day, 10 + number / 2, "Product Viewed", name="Lantern", price=12)


def _steady(life: Life) -> None:
    """Buys every other week, candles among it; the best customer of the shop."""
    for day in range(3, life.days, 14):
        _buys(life, day, 180.0 + life.person.turn % 50, consumable=day % 4 == 1)
    _looks(life, SALE - 20)
    life.does(SALE - 3, 18, "shop_visited", platform="ios")


def _candles(life: Life) -> None:
    """Buys candles every quarter."""
    for day in (10, 100, 190, 280):
        _buys(life, day + int(life.chance("day", day) * 20), 14.0, consumable=True)


def _browses(life: Life) -> None:
    """Looks often and takes nothing."""
    for day in (30, 90, 150, 210, SALE - 5):
        _looks(life, day + int(life.chance("day", day) * 3))


def _leaves_carts(life: Life) -> None:
    """Fills the cart, and buys within the half hour once in three times."""
    for number, day in enumerate((25, 75, 125, 175, 225)):
        life.does(day, 12.8, "Product Added", name="Lantern", price=12, cart_id=f"{life.person.user_id}-{number}")
        if number % 3 == 1:
            _buys(life, day, 12.0)


def _has_trouble(life: Life) -> None:
    """An order is late, another one broken."""
    _buys(life, 40, 35.0)
    late = f"{life.person.user_id}-40"
    life.does(43, 10, "order_delayed", order_id=late, days=3 if life.person.turn % 2 else 8)
    if life.person.turn % 3:
        life.does(50, 10, "Order Fulfilled", order_id=late, carrier="post")
    _buys(life, 120, 20.0)
    reason = "broken" if life.person.turn % 2 else "not_liked"
    life.does(126, 10, "return_intended", order_id=f"{life.person.user_id}-120", reason=reason)
    if life.person.turn % 2:
        life.does(131, 10, "Order Refunded", order_id=f"C{life.person.number}", revenue=20.0, currency="GBP")


def _lapses(life: Life) -> None:
    """Bought three times, then not for months."""
    for day in (10, 30, 45, 300):
        _buys(life, day, 40.0)


_LIVES: dict[str, Callable[[Life], None]] = {
    "steady": _steady,
    "candles": _candles,
    "browses": _browses,
    "leaves_carts": _leaves_carts,
    "has_trouble": _has_trouble,
    "lapses": _lapses,
}

SHOP = Brand(
    name="retail",
    start=parse_iso("2025-01-01T00:00:00+00:00"),
    spots=(Spot("london", "Europe/London"),),
    kinds=tuple(_LIVES),
    mail="giftshop.example.net",
    phone="+4479111",
    notice="2025-01",
    purposes={"marketing": ("email", "sms", "push", "desk")},
    live=lambda life: _LIVES[life.person.kind](life),
    answers={
        "cart_left": Answer("Order Completed", 0.08, 1, {"order_id": "cart", "revenue": 12.0, "currency": "GBP"}),
        "cart_offer": Answer("Order Completed", 0.05, 2, {"order_id": "cart", "revenue": 10.8, "currency": "GBP"}),
        "still_looking": Answer("Order Completed", 0.06, 4, {"order_id": "look", "revenue": 24.0, "currency": "GBP"}),
        "running_low": Answer(
            "Order Completed", 0.12, 5, {"order_id": "low", "revenue": 14.0, "currency": "GBP", "consumable": True}
        ),
        "chosen_for_you": Answer("Message Opened", 0.5, 2),
        "chosen_text": Answer("Order Completed", 0.10, 4, {"order_id": "vip", "revenue": 90.0, "currency": "GBP"}),
        "sale_open": Answer("Message Clicked", 0.3, 0),
        "sale_text": Answer("Order Completed", 0.15, 0, {"order_id": "sale", "revenue": 30.0, "currency": "GBP"}),
        "win_back": Answer("Order Completed", 0.05, 9, {"order_id": "back", "revenue": 30.0, "currency": "GBP"}),
    },
    exempt=frozenset({"order_delayed", "order_on_its_way", "return_label", "return_question"}),
    start_traits={"consent_email": True, "consent_sms": True, "push_enabled": True},
)
