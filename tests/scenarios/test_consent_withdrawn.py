"""Consent withdrawn mid-journey: nothing more is handed over, the log says why, and the oracle counts zero breaches."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fieldfare.act.delivery.channels.capture import CaptureChannel, open_captured
from fieldfare.act.delivery.model import Capabilities, Inbound, Message, Outcome, Posted, Receipt, Request
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.store import captured_message
from fieldfare.assembly.api import open_api
from fieldfare.assembly.installation import open_worker
from fieldfare.decide.gate.model import Permit
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.log.ports import NORMAL
from fieldfare.learn.experiments.model import Arm
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.model import Action, ConsentRecord
from tests.scenarios.people import LAPSES_AT, MORNING_AFTER, NOON, joins, withdrawn
from tests.scenarios.whole import Whole, opened

USERS = [f"m-{number}" for number in range(12)]
END = MORNING_AFTER + 40 * DAY


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """A dozen members who lapse in the night to 3 April; win-back messages wait for the morning."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        made.play(sorted((call for user in USERS for call in joins(user, NOON)), key=lambda call: call[0]), NOON + DAY)
        made.tick(LAPSES_AT)
        assert not made.messages(), "quiet hours"
        assert any(row["status"] == "due" for row in made.proposals())
        yield made


def treated(whole: Whole) -> list[str]:
    """Return the members who are not held out."""
    found = {}
    for walk in whole.enrollments():
        if walk["journey"] == "win-back" and walk["arm"] == Arm.TREATED.value:
            found[walk["profile_id"]] = walk
    return [user for user in USERS if whole.profile_id(f"user_id:{user}") in found]


def messages_of(whole: Whole, user: str) -> list[str]:
    """Return the templates that were handed over to a member, in their order."""
    profile_id = whole.profile_id(f"user_id:{user}")
    found = [row for row in whole.attempts() if row["profile_id"] == profile_id and row["outcome"] == "handed_over"]
    return [row["template"] for row in sorted(found, key=lambda row: row["granted_at"])]


def reasons(whole: Whole, user: str) -> set[str]:
    """Return every reason that why-not names for the win-back journey."""
    return {
        reason for verdict in whole.why_not(f"user_id:{user}", "win-back")["verdicts"] for reason in verdict["reasons"]
    }


def no_breach(whole: Whole) -> None:
    """The check: calls were made, and none started after a withdrawal was recorded."""
    found = whole.replayed()
    assert found.calls > 0
    assert found.breaches == ()


def withdraw(whole: Whole, user: str) -> None:
    now = whole.clock.now()
    whole.send(withdrawn(user, now), now)


def test_between_proposal_and_delivery(whole: Whole) -> None:
    gone, *others = treated(whole)
    whole.tick(LAPSES_AT + 2 * HOUR)
    withdraw(whole, gone)
    whole.tick(END)
    assert messages_of(whole, gone) == []
    assert any("consent" in reason for reason in reasons(whole, gone))
    assert all(messages_of(whole, user) == ["win_back", "win_back_reminder"] for user in others)
    no_breach(whole)


def test_between_two_messages(whole: Whole) -> None:
    gone, *_ = treated(whole)
    whole.tick(MORNING_AFTER + HOUR)
    assert messages_of(whole, gone) == ["win_back"]
    withdraw(whole, gone)
    whole.tick(END)
    assert messages_of(whole, gone) == ["win_back"]
    assert any("consent" in reason for reason in reasons(whole, gone))
    no_breach(whole)


class Hooked:
    """A channel that lets something happen between the verdict and the start of the call."""

    def __init__(self, channel: Channel, act: Callable[[], None]) -> None:
        self._channel, self._act = channel, act
        self.acted = False

    @property
    def name(self) -> str:
        return self._channel.name

    @property
    def capabilities(self) -> Capabilities:
        return self._channel.capabilities

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        if not self.acted:
            self.acted = True
            self._act()
        return self._channel.prepare(message, permit)

    def send(self, request: Request) -> Outcome:
        return self._channel.send(request)

    def send_all(self, requests: Sequence[Request]) -> list[Outcome]:
        assert isinstance(self._channel, CaptureChannel)
        return self._channel.send_all(requests)

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        return self._channel.parse_receipt(posted)


def between_verdict_and_call(whole: Whole, act: Callable[[], None]) -> None:
    """Go to the morning, and do something when the verdicts are permits and no call has started."""
    channels = whole.installation.delivery._channels
    assert isinstance(channels, dict)
    hooked = Hooked(channels["email"], act)
    channels["email"] = hooked
    whole.tick(END)
    assert hooked.acted


def test_accepted_but_not_applied_when_the_call_would_start(whole: Whole) -> None:
    gone, *others = treated(whole)
    between_verdict_and_call(whole, lambda: withdraw(whole, gone))
    assert messages_of(whole, gone) == []
    assert {"consent_pending", "consent_withdrawn"} <= reasons(whole, gone)
    assert all(messages_of(whole, user) for user in others)
    assert not any("consent_pending" in reasons(whole, user) for user in others), "it holds her, and nobody else"
    no_breach(whole)


def test_applied_when_the_call_would_start(whole: Whole) -> None:
    gone, *_ = treated(whole)

    def act() -> None:
        withdraw(whole, gone)
        assert drain_urgent(whole.installation.pipeline)

    between_verdict_and_call(whole, act)
    assert messages_of(whole, gone) == []
    no_breach(whole)


def test_planted_a_withdrawal_that_waits_with_the_rest_is_too_late(whole: Whole) -> None:
    """Without the urgent partition the gate cannot know: so the tests above do depend on it."""
    gone, *_ = treated(whole)

    def act() -> None:
        now = whole.clock.now()
        whole.send(withdrawn(gone, now), now, partition=NORMAL)

    between_verdict_and_call(whole, act)
    with pytest.raises(AssertionError):
        assert messages_of(whole, gone) == []


def test_planted_a_call_after_a_recorded_withdrawal_is_counted(whole: Whole) -> None:
    gone, *_ = treated(whole)
    whole.tick(MORNING_AFTER)
    assert messages_of(whole, gone)
    record = ConsentRecord(
        id="planted",
        profile_id=whole.profile_id(f"user_id:{gone}"),
        address_hash=None,
        purpose="marketing",
        channel="email",
        action=Action.WITHDRAW,
        notice_version=None,
        evidence="planted",
        source="app",
        occurred_at=LAPSES_AT,
        received_at=LAPSES_AT,
        recorded_at=LAPSES_AT,
    )
    with whole.stores.state.write() as connection:
        consent_store.insert_records(connection, [record])
    with pytest.raises(AssertionError):
        no_breach(whole)


def link_of(whole: Whole, user: str) -> str:
    """Return the path of the unsubscribe link in the message that a member got."""
    profile_id = whole.profile_id(f"user_id:{user}")
    proposals = [row["proposal_id"] for row in whole.attempts() if row["profile_id"] == profile_id]
    with whole.stores.state.read() as connection:
        wanted = select(captured_message.c.sealed).where(captured_message.c.proposal_id.in_(proposals))
        sealed = connection.execute(wanted).scalars().first()
    assert sealed is not None
    body = open_captured(bytes(sealed), whole.stores.keys.open_token)
    headers = {name.lower(): value for name, value in body.headers.items()}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    return httpx.URL(headers["list-unsubscribe"].strip("<>")).path


def ask(whole: Whole, method: str, path: str, **arguments: Any) -> httpx.Response:
    """Send a request to the real application."""
    app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))

    async def once() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(once())


def test_by_one_click_in_the_mail_program(whole: Whole) -> None:
    gone, curious, *_ = treated(whole)
    whole.tick(MORNING_AFTER + HOUR)
    assert ask(whole, "GET", link_of(whole, curious)).status_code == 200
    answer = ask(whole, "POST", link_of(whole, gone), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    whole.tick(END)
    assert messages_of(whole, gone) == ["win_back"]
    assert messages_of(whole, curious) == ["win_back", "win_back_reminder"], "looking at the link withdraws nothing"
    assert any("consent" in reason for reason in reasons(whole, gone))
    no_breach(whole)
