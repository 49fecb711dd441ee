"""A payment provider's notifications, from its signature to the lake: one payment once, one person, nothing lost."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from fieldfare.assembly.door import open_door
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.store import dead_letter
from fieldfare.ground.instants import MINUTE, SECOND
from tests.contracts.sources import StripePlace, need_signers
from tests.decide.collect.sources.requests import AT
from tests.decide.collect.sources.samples import stripe
from tests.decide.flow.starter import starter_files, write
from tests.scenarios.whole import ENVIRON, Whole

SOURCE = """
  - name: payments
    verifies: [email]
    webhook: {driver: stripe, secrets: ["${STRIPE_SECRET}"]}
"""
PAID = stripe("payment_intent.succeeded", id="pi_1", amount_received=1999)
CHARGED = stripe("charge.succeeded", id="ch_1", payment_intent="pi_1", amount=1999) | {"id": "evt_2"}
CUSTOMER = stripe("customer.updated", id="cus_1", email="a@example.com", metadata={"user_id": "user-17"}) | {
    "id": "evt_3"
}
NOBODY = stripe("invoice.paid", id="in_1", customer=None, amount_paid=5) | {"id": "evt_4"}


def deliver(whole: Whole, payloads: Iterable[dict[str, Any]]) -> list[int]:
    """Post payloads, signed by the provider's library, to the true door over the installation's log."""
    app, commit = open_door(whole.workspace, whole.stores.log, whole.stores.keys, whole.clock)

    async def post() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door.example.com") as client:
            statuses = []
            for payload in payloads:
                body = json.dumps(payload).encode()
                headers = StripePlace().sign(body, at=whole.clock.now() // SECOND)
                answer = await client.post("/v1/webhooks/payments", content=body, headers=headers)
                statuses.append(answer.status_code)
            return statuses

    try:
        return asyncio.run(post())
    finally:
        commit.close()


def test_a_payment_told_four_times_counts_once(tmp_path: Path) -> None:
    need_signers()
    files = starter_files()
    files["workspace.yaml"] += SOURCE
    write(tmp_path / "brand", files)
    environ = {**ENVIRON, "STRIPE_SECRET": StripePlace.new}
    stores = open_stores(tmp_path / "data", {}, durable=False)
    whole = Whole(stores, AT * SECOND + MINUTE, tmp_path / "brand", environ)
    try:
        assert deliver(whole, [PAID, PAID, CHARGED, CUSTOMER, NOBODY]) == [200] * 5
        whole.until_quiet(whole.clock.now())
        assert deliver(whole, [CHARGED, PAID]) == [200] * 2
        whole.until_quiet(whole.clock.now())
        whole.installation.loader(whole.lake).sync()
        rows = whole.lake.arrow("SELECT name, source_system, profile_id FROM events WHERE type = 'track'").to_pylist()
        assert [(row["name"], row["source_system"]) for row in rows] == [("payment_succeeded", "payments")]
        assert rows[0]["profile_id"] == whole.profile_id("user_id:user-17") == whole.profile_id("email:a@example.com")
        (letter,) = whole.rows(dead_letter)
        assert (letter["reason"], letter["name"], letter["source"]) == ("unmapped", "invoice_paid", "payments")
    finally:
        whole.close()
