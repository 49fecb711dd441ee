"""Where each channel is tried: a real SMTP server, a real HTTP server, a real database, or the fake."""

import asyncio
import base64
import threading
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from fieldfare.act.delivery.channels.capture import CaptureChannel, open_captured
from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.channels.webhook import WebhookChannel, sign
from fieldfare.act.delivery.model import ChannelSpec, Outcome, OutcomeKind, Request
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.store import CapturedMessages, captured_message
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import SECOND
from fieldfare.ground.store import metadata, open_state
from fieldfare.testing.channel import FakeChannel
from tests.decide.act.delivery.builders import seal, unseal

SECRET_KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(SECRET_KEY).decode()
TOKEN = "a-token-for-reports"
POSTED_AT = 1_767_960_060 * SECOND
"""When receipts arrive here: 2026-01-09T12:01:00Z."""
SHORT = 3 * SECOND
"""Time-out of every channel here."""


class Got(msgspec.Struct):
    """One message as its receiver sees it."""

    to: str
    subject: str | None
    text: str
    message_id: str
    headers: dict[str, str]


class ChannelPlace:
    """A channel and its provider, which can be told to misbehave."""

    can_refuse = True
    can_break = True
    takes_any_text = False
    to = "ada@example.com"
    """Whom messages go to."""
    channel: Channel

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.release = threading.Event()
        self.mode = "accept"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.close()

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def received(self) -> list[Got]:
        raise NotImplementedError

    def shut(self) -> None:
        self.close()

    def refuse(self) -> None:
        self.mode = "refuse"

    def be_busy(self) -> None:
        self.mode = "busy"

    def hang_after_accepting(self) -> None:
        self.mode = "hang"

    def break_after_accepting(self) -> None:
        self.mode = "break"

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        raise NotImplementedError

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        raise NotImplementedError


class SmtpServer:
    """aiosmtpd on a free loopback port, in a thread of its own. ``mode`` says how it behaves."""

    def __init__(self, **options: Any) -> None:
        self.mode = "accept"
        self.mails: list[tuple[list[str], bytes]] = []
        self._loop = asyncio.new_event_loop()
        self._hold = asyncio.Event()
        self._options = options
        ready: threading.Event = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        async def begin() -> None:
            self._server = await self._loop.create_server(
                lambda: SMTP(self, hostname="test", loop=self._loop, **self._options), "127.0.0.1", 0
            )
            self.port = self._server.sockets[0].getsockname()[1]

        self._loop.run_until_complete(begin())
        ready.set()
        self._loop.run_forever()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mode == "drop before data":
            _abort(server)
        if self.mode == "sender refused":
            return "550 5.7.1 not you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = {
            "refuse": "550 5.1.1 nobody of that name: ada@example.com",
            "policy": "550 5.7.1 not wanted",
            "busy": "451 4.3.0 later",
        }
        if self.mode in answers:
            return answers[self.mode]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if self.mode == "text refused":
            return "554 5.6.0 spam"
        if self.mode == "text later":
            return "452 4.2.2 full"
        assert isinstance(envelope.content, bytes)
        self.mails.append((list(envelope.rcpt_tos), envelope.content))
        if self.mode == "hang":
            await self._hold.wait()
        if self.mode == "break":
            _abort(server)
        return "250 OK"

    def stop(self) -> None:
        def end() -> None:
            self._hold.set()
            self._server.close()
            self._loop.call_soon(self._loop.stop)

        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(end)
            self._thread.join(10)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def smtp_spec(port: int, **changes: Any) -> ChannelSpec:
    fields: dict[str, Any] = {
        "name": "email",
        "driver": "smtp",
        "address": "email",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "timeout_us": SHORT,
        "receipt_secret": TOKEN,
    }
    return ChannelSpec(**{**fields, **changes})


class SmtpPlace(ChannelPlace):
    def open(self) -> None:
        self.server = SmtpServer()
        self.channel = SmtpChannel(
            smtp_spec(self.server.port, reply_to="desk@example.com"),
            from_email="hello@linden.example.com",
            from_name="Linden, Studio",
        )

    def close(self) -> None:
        self.server.stop()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "mode" and hasattr(self, "server"):
            self.server.mode = str(value)

    def received(self) -> list[Got]:
        got = []
        for recipients, content in self.server.mails:
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            part = mail.get_body(("plain",))
            assert isinstance(part, EmailMessage)
            headers = {name.lower(): str(value) for name, value in mail.items()}
            got.append(Got(",".join(recipients), mail["Subject"], part.get_content(), mail["Message-ID"], headers))
        return got

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        assert status == "bounced"
        return {"authorization": f"Bearer {TOKEN}"}, bounce_mail(provider_id).encode()

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        mail = bounce_mail("<prp_1@linden.example.com>").replace("Date: ", "X-Date: ")
        return {"authorization": f"Bearer {TOKEN}"}, mail.encode()


def bounce_mail(message_id: str, action: str = "failed", code: str = "5.1.1") -> str:
    return "\r\n".join(
        [
            "From: MAILER-DAEMON@example.com",
            "To: hello@linden.example.com",
            "Date: Fri, 09 Jan 2026 12:01:00 +0000",
            "Message-ID: <report-1@example.com>",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "MIME-Version: 1.0",
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "Sorry.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mail.example.com",
            "",
            "Final-Recipient: rfc822; ada@example.com",
            f"Action: {action}",
            f"Status: {code}",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            "Subject: Hello",
            f"Message-ID: {message_id}",
            "",
            "--b--",
            "",
        ]
    )


class WebhookPlace(ChannelPlace):
    takes_any_text = True

    def open(self) -> None:
        place = self
        self.status = 200
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer = b'{"id": "theirs-1"}'

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                code = {"refuse": 400, "busy": 429}.get(place.mode, place.status)
                if code < 300:
                    place.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
                if place.mode == "hang":
                    place.release.wait(20)
                if place.mode in {"hang", "break"}:
                    self.close_connection = True
                    return
                self.send_response(code)
                if 300 <= code < 400:
                    self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(place.answer if code < 300 else b"nobody of that name: ada@example.com")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        spec = ChannelSpec(
            name="email",
            driver="webhook",
            address="email",
            url=f"http://127.0.0.1:{self.server.server_port}/send",
            secret=SECRET,
            timeout_us=SHORT,
        )
        self.channel = WebhookChannel(spec)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def received(self) -> list[Got]:
        got = []
        for headers, body in self.requests:
            data = msgspec.json.decode(body)["data"]
            got.append(Got(data["to"], None, data["text"], headers["webhook-id"], headers))
        return got

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        at = "2026-01-09T12:01:00Z"
        return self.signed({"receipts": [{"provider_id": provider_id, "status": status, "occurred_at": at}]})

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        return self.signed({"receipts": [{"provider_id": "x", "status": "eaten", "occurred_at": "yesterday"}]})

    def signed(self, content: object) -> tuple[dict[str, str], bytes]:
        body = msgspec.json.encode(content)
        proof = sign(SECRET_KEY, "rcpt-1", "1767960060", body)
        headers = {"webhook-id": "rcpt-1", "webhook-timestamp": "1767960060", "webhook-signature": f"v1,bad {proof}"}
        return headers, body


class CapturePlace(ChannelPlace):
    can_refuse = False
    can_break = False
    takes_any_text = True

    def open(self) -> None:
        self.state = open_state(f"sqlite:///{self.folder}/captured.db")
        metadata.create_all(self.state.engine, tables=[captured_message])
        kept = CapturedMessages(self.state)
        self.down = False

        def keep(rows: Sequence[dict[str, Any]]) -> None:
            if self.down:
                text = "down"
                raise TransientError("state_unavailable", text)
            kept.keep(rows)

        spec = ChannelSpec(name="email", driver="capture", address="email")
        self.channel = CaptureChannel(spec, keep=keep, seal=seal)

    def close(self) -> None:
        self.state.close()

    def shut(self) -> None:
        self.down = True

    def received(self) -> list[Got]:
        got = []
        with self.state.read() as tx:
            for row in tx.execute(select(captured_message)):
                assert b"ada@example.com" not in row.sealed
                body = open_captured(row.sealed, unseal)
                got.append(Got(body.to, None, body.text, row.proposal_id, {}))
        return got


class FakePlace(ChannelPlace):
    takes_any_text = True

    def open(self) -> None:
        self.fake = FakeChannel()
        self.fake.on_send = self.answer
        self.channel = self.fake

    def answer(self, request: Request) -> Outcome | None:
        kinds = {"refuse": OutcomeKind.REJECTED, "busy": OutcomeKind.FAILED, "shut": OutcomeKind.FAILED}
        if self.mode in kinds:
            return Outcome(kind=kinds[self.mode], detail="told")
        if self.mode in {"hang", "break"}:
            self.fake.accepted.append(request.proposal_id)
            self.fake.requests.append(request)
            return Outcome(kind=OutcomeKind.UNKNOWN, detail="told")
        return None

    def close(self) -> None:
        pass

    def shut(self) -> None:
        self.mode = "shut"

    def received(self) -> list[Got]:
        return [Got(each.to, None, each.body.decode(), each.proposal_id, {}) for each in self.fake.requests]

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        return {"x-fake": "yes"}, msgspec.json.encode([[provider_id, status, "2026-01-09T12:01:00Z"]])

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        return {"x-fake": "yes"}, b"[[1]]"
