"""Consent for real orders: made once for each customer, before the first order, labelled, and the orders untouched."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.generate.calls import Timed
from fieldfare.flow.generate.retail import CONSENT_SHARE, TRUE_EFFECT, consents, email, with_consent

Wrap = Callable[[Iterable[Timed], int], Iterator[Timed]]


def order(customer: str, at: int) -> Timed:
    call: dict[str, Any] = {
        "type": "track",
        "event": "Order Completed",
        "userId": customer,
        "properties": {"revenue": 10.5, "country": "France"},
        "context": {},
    }
    return at, call


orders = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 100)), max_size=40).map(
    lambda drawn: [order(str(customer), at) for customer, at in sorted(drawn, key=lambda pair: pair[1])]
)


def is_right(wrap: Wrap, given_orders: list[Timed]) -> bool:
    made = list(wrap(given_orders, 7))
    real = [timed for timed in made if not timed[1]["context"].get("generated")]
    added = [timed for timed in made if timed[1]["context"].get("generated")]
    identified = [call["userId"] for _, call in added if call["type"] == "identify"]
    consented = [call["userId"] for _, call in added if call["type"] == "track"]
    seen: set[str] = set()
    for _, call in made:
        if call["context"].get("generated"):
            seen.add(call["userId"])
        elif call["userId"] not in seen:
            return False
    return (
        real == given_orders
        and [at for at, _ in made] == sorted(at for at, _ in made)
        and sorted(identified) == sorted({call["userId"] for _, call in given_orders})
        and set(consented) == {customer for customer in identified if consents(customer, 7)}
        and len(consented) == len(set(consented))
    )


@given(orders)
def test_each_customer_is_introduced_once_before_the_first_order(given_orders: list[Timed]) -> None:
    assert is_right(with_consent, given_orders)


def test_planted_fault_consent_after_the_order_is_caught() -> None:
    def late(given_orders: Iterable[Timed], seed: int) -> Iterator[Timed]:
        return iter(sorted(with_consent(given_orders, seed), key=lambda timed: "generated" in timed[1]["context"]))

    assert not is_right(late, [order("1", 5), order("2", 6)])


def test_an_order_without_customer_passes_through() -> None:
    lonely = (5, {"type": "track", "event": "Order Completed", "properties": {}, "context": {}})
    assert list(with_consent([lonely], 7)) == [lonely]


def test_addresses_and_consent_are_stable_and_nobodys() -> None:
    assert email("13085") == "customer-13085@example.com"
    share = sum(consents(str(number), 7) for number in range(5000)) / 5000
    assert abs(share - CONSENT_SHARE) < 0.02
    assert TRUE_EFFECT == 0
