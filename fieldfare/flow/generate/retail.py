"""What the real orders lack: an address and a consent for each customer, made from the customer's number.

The orders themselves are real and pass through unchanged. Nothing here answers a message: the orders are history, so a
journey over them has no true effect, and a readout that claims one would be wrong.
"""

from collections.abc import Iterable, Iterator

from fieldfare.flow.generate import calls
from fieldfare.flow.generate.calls import CONSENT_EVENT, Timed
from fieldfare.flow.generate.draws import uniform
from fieldfare.ground.instants import Instant

CONSENT_SHARE = 0.85
"""Share of the customers that is given a consent to marketing by e-mail."""

LABEL = "orders are real; e-mail addresses and consent are generated from the customer's number"
TRUE_EFFECT = 0.0
"""No message changed a history that had already happened."""


def email(customer: str) -> str:
    """Return the customer's made-up address."""
    return f"customer-{customer}@example.com"


def consents(customer: str, seed: int) -> bool:
    """Return whether the customer is given a consent."""
    return uniform("retail-consent", seed, customer) < CONSENT_SHARE


def introduce(customer: str, at: Instant, country: str | None, seed: int) -> list[Timed]:
    """Return the calls that make a customer known at ``at``: an identify, and a consent for most."""
    granted = consents(customer, seed)
    traits = {"email": email(customer), "email_verified": True, "consent_email": granted}
    if country is not None:
        traits["country"] = country
    made = [calls.identify(customer, f"g{seed}-{customer}-identify", at, traits)]
    if granted:
        evidence = "generated for this example; no real person consented"
        grant = calls.consent("email", "grant", evidence)
        made.append(calls.track(CONSENT_EVENT, customer, f"g{seed}-{customer}-consent", at, grant))
    return [(at, call) for call in made]


def with_consent(orders: Iterable[Timed], seed: int) -> Iterator[Timed]:
    """Yield the orders in their order, each customer's first one preceded by what makes the customer known."""
    known: set[str] = set()
    for at, order in orders:
        customer = order.get("userId")
        if isinstance(customer, str) and customer not in known:
            known.add(customer)
            country = order.get("properties", {}).get("country")
            yield from introduce(customer, at, country if isinstance(country, str) else None, seed)
        yield at, order
