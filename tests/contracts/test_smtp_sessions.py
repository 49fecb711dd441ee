"""Several messages over one session: one bad recipient harms nobody else, and a dead session is met honestly."""

import socket
import threading
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from fieldfare.act.delivery.channels.sessions import MOST_MESSAGES
from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.channels.verp import proposal_of
from fieldfare.act.delivery.model import DkimSpec, OutcomeKind, Request
from tests.contracts.channels import TOKEN, SmtpServer, smtp_spec
from tests.contracts.test_channel import a_message, permit
from tests.decide.act.delivery.channels.test_dkim import ED, RFC_ED25519, verify


class CountingServer(SmtpServer):
    """Counts sessions and keeps envelope senders."""

    def __init__(self) -> None:
        self.sessions = 0
        self.senders: list[str] = []
        super().__init__()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = name
        return said

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.senders.append(address)
        return await super().handle_MAIL(server, session, envelope, address, options)


@pytest.fixture
def server() -> Iterator[CountingServer]:
    made = CountingServer()
    yield made
    made.stop()


def channel(server: SmtpServer, **changes: object) -> SmtpChannel:
    return SmtpChannel(smtp_spec(server.port, **changes), from_email="hello@linden.example.com", from_name="L")


def request(made: SmtpChannel, number: int = 1) -> Request:
    found = made.prepare(a_message(f"p{number}@example.com", f"prp_{number}"), permit(f"prp_{number}"))
    assert isinstance(found, Request)
    return found


def test_messages_share_a_session(server: CountingServer) -> None:
    made = channel(server)
    kinds = [made.send(request(made, number)).kind for number in range(20)]
    assert kinds == [OutcomeKind.HANDED_OVER] * 20
    assert server.sessions == 1
    assert [recipients for recipients, _ in server.mails] == [[f"p{number}@example.com"] for number in range(20)]


def test_a_session_ends_after_many_messages(server: CountingServer) -> None:
    made = channel(server)
    for number in range(MOST_MESSAGES + 1):
        assert made.send(request(made, number)).kind is OutcomeKind.HANDED_OVER
    assert server.sessions == 2


@pytest.mark.parametrize("mode", ["refuse", "busy", "text refused", "text later", "sender refused"])
def test_what_one_message_is_refused_for_does_not_cling_to_the_next(server: CountingServer, mode: str) -> None:
    made = channel(server)
    assert made.send(request(made, 1)).kind is OutcomeKind.HANDED_OVER
    server.mode = mode
    assert made.send(request(made, 2)).kind in {OutcomeKind.REJECTED, OutcomeKind.FAILED}
    server.mode = "accept"
    assert made.send(request(made, 3)).kind is OutcomeKind.HANDED_OVER
    assert [recipients for recipients, _ in server.mails] == [["p1@example.com"], ["p3@example.com"]]
    assert server.sessions == 1


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("break", OutcomeKind.UNKNOWN), ("hang", OutcomeKind.UNKNOWN)],
)
def test_a_line_that_breaks_after_the_text_is_unknown_and_the_session_gone(
    server: CountingServer, mode: str, kind: OutcomeKind
) -> None:
    made = channel(server)
    made.send(request(made, 1))
    server.mode = mode
    assert made.send(request(made, 2)).kind is kind
    server.mode = "accept"
    assert made.send(request(made, 3)).kind is OutcomeKind.HANDED_OVER
    assert server.sessions == 2
    assert len([1 for recipients, _ in server.mails if recipients == ["p2@example.com"]]) == 1, "never sent again"


def test_a_session_that_died_unseen_costs_no_message(server: CountingServer) -> None:
    made = channel(server)
    made.send(request(made, 1))
    kept = made._sessions._idle[0]
    kept.smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    assert made.send(request(made, 2)).kind is OutcomeKind.HANDED_OVER
    assert server.sessions == 2


def test_planted_fault_a_session_kept_after_a_broken_line_would_be_seen(server: CountingServer) -> None:
    """Without closing it the next message would speak into a dead line: the count of sessions shows it."""
    made = channel(server)
    made.send(request(made, 1))
    assert len(made._sessions._idle) == 1
    server.mode = "break"
    made.send(request(made, 2))
    assert made._sessions._idle == []


def test_threads_never_share_a_session(server: CountingServer) -> None:
    made = channel(server)
    outcomes: list[OutcomeKind] = []

    def work(start: int) -> None:
        outcomes.extend(made.send(request(made, start + number)).kind for number in range(10))

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == [OutcomeKind.HANDED_OVER] * 30
    assert sorted(r[0] for r, _ in server.mails) == sorted(
        f"p{start + number}@example.com" for start in (0, 100, 200) for number in range(10)
    )
    assert server.sessions <= 3


def test_what_arrives_is_signed_and_comes_from_its_own_return_path(server: CountingServer) -> None:
    dkim = DkimSpec(domain="linden.example.com", selector="ff1", key=RFC_ED25519)
    made = channel(server, dkim=dkim, return_path="bounces@mail.example.com")
    assert made.send(request(made, 7)).kind is OutcomeKind.HANDED_OVER
    tags = verify(server.mails[0][1], ED.public_key())
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "subject"} <= set(tags["h"].split(":"))
    assert proposal_of(server.senders, TOKEN) == "prp_7"
