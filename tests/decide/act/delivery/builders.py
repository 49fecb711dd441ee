"""What the tests of delivery build with: templates, links, settings, a delivery over a world."""

from typing import Any

import msgspec

from fieldfare.act.delivery.parse_templates import parse_template
from fieldfare.act.delivery.parts import DeliveryPorts, DeliverySettings
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.run import Delivery
from fieldfare.act.delivery.template_files import TemplateFile
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.act.delivery.wording import Template
from fieldfare.decide.gate.policy import Policy
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import PermanentError

BRAND = {"name": "Linden Studio", "postal_address": "1 Linden Street, Springfield"}


def template(text: str | None = "Hello {{ profile.first_name }}", **fields: Any) -> Template:
    made, problems = parse_template(
        msgspec.convert(
            {"template": "hello", "channel": "email", "subject": "Hi", "text": text, **fields}, TemplateFile
        )
    )
    assert made is not None, problems
    return made


def seal(clear: bytes) -> bytes:
    """Stand in for real sealing: reversible, with a check that a changed value fails."""
    return bytes([sum(clear) % 256]) + clear[::-1]


def unseal(sealed: bytes) -> bytes:
    clear = sealed[:0:-1]
    if not sealed or sealed[0] != sum(clear) % 256:
        text = "not ours"
        raise PermanentError("seal_broken", text)
    return clear


LINKS = Unsubscribe("https://engage.example.com", seal, unseal)


def settings(policy: Policy | None = None, **fields: Any) -> DeliverySettings:
    return DeliverySettings(
        **{
            "policy": policy or Policy(),
            "templates": {"hello": template()},
            "brand": BRAND,
            "transactional": frozenset({"transactional"}),
            **fields,
        }
    )


def delivery(
    ports: DeliveryPorts, channel: Channel, clock: SimulatedClock, policy: Policy | None = None, **fields: Any
) -> Delivery:
    return Delivery(settings(policy, **fields), ports, {"email": channel}, LINKS, clock)
