"""SMTP beyond the common suite: every step of the conversation, TLS, sign-in, headers as the receiver reads them."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.model import OutcomeKind, Request
from fieldfare.act.delivery.parse_channels import is_mail_address
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import to_datetime
from tests.contracts.channels import SmtpServer, smtp_spec
from tests.contracts.test_channel import a_message, permit


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    made = SmtpServer()
    yield made
    made.stop()


def channel(port: int, **changes: Any) -> SmtpChannel:
    context = changes.pop("tls_context", None)
    return SmtpChannel(
        smtp_spec(port, **changes),
        from_email="hello@linden.example.com",
        from_name="Linden, Studio",
        tls_context=context,
    )


def request(made: SmtpChannel, **changes: Any) -> Request:
    prepared = made.prepare(a_message(**changes), permit())
    assert isinstance(prepared, Request)
    return prepared


@pytest.mark.parametrize(
    ("mode", "kind", "detail", "suppress"),
    [
        ("drop before data", OutcomeKind.FAILED, "smtp_disconnected", False),
        ("sender refused", OutcomeKind.REJECTED, "smtp_550_5.7.1", False),
        ("refuse", OutcomeKind.REJECTED, "smtp_550_5.1.1", True),
        ("policy", OutcomeKind.REJECTED, "smtp_550_5.7.1", False),
        ("busy", OutcomeKind.FAILED, "smtp_451_4.3.0", False),
        ("text refused", OutcomeKind.REJECTED, "smtp_554_5.6.0", False),
        ("text later", OutcomeKind.FAILED, "smtp_452_4.2.2", False),
        ("break", OutcomeKind.UNKNOWN, "smtp_disconnected_after_data", False),
        ("hang", OutcomeKind.UNKNOWN, "smtp_timeout_after_data", False),
    ],
)
def test_each_step_has_its_outcome(
    server: SmtpServer, mode: str, kind: OutcomeKind, detail: str, suppress: bool
) -> None:
    server.mode = mode
    made = channel(server.port)
    outcome = made.send(request(made))
    assert (outcome.kind, outcome.detail, outcome.suppress) == (kind, detail, suppress)


def test_the_receiver_reads_what_was_meant(server: SmtpServer) -> None:
    made = channel(server.port, reply_to="desk@example.com")
    assert made.send(request(made)).provider_id == "<prp_1@linden.example.com>"
    ((recipients, content),) = server.mails
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert recipients == ["ada@example.com"]
    assert mail["From"] == '"Linden, Studio" <hello@linden.example.com>'
    assert mail["Reply-To"] == "desk@example.com"
    assert mail["Message-ID"] == "<prp_1@linden.example.com>"
    assert mail["Date"] == "Fri, 09 Jan 2026 12:00:00 +0000"
    assert mail["List-Unsubscribe"] == "<https://engage.example.com/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert mail["Subject"] == "Grüße"


def test_long_header_lines_survive(server: SmtpServer) -> None:
    made = channel(server.port)
    url = "https://engage.example.com/u/" + "a1-_" * 60
    made.send(request(made, headers={"List-Unsubscribe": f"<{url}>"}, subject="word " * 60))
    mail = message_from_bytes(server.mails[0][1], policy=policy.default)
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in server.mails[0][1], "on one line, not as encoded words"
    assert mail["Subject"].split() == ["word"] * 60


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_subject_and_no_text_breaks_out_of_its_place(subject: str, text: str) -> None:
    made = channel(1)
    mail = message_from_bytes(request(made, subject=subject, text=text).body, policy=policy.default)
    names = sorted(name.lower() for name in mail)
    assert names == sorted(
        ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "mime-version",
         "content-type"]
    )  # fmt: skip


@given(st.emails().filter(is_mail_address))
def test_every_address_that_passes_the_check_can_be_written(to: str) -> None:
    made = channel(1)
    mail = message_from_bytes(request(made, to=to).body, policy=policy.default)
    assert [str(each) for each in mail["To"].addresses] == [to]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = to_datetime(SystemClock().now())
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


class TestTls:
    @pytest.fixture
    def tls_server(self, certificate: tuple[Path, Path]) -> Iterator[SmtpServer]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)

        def check(*asked: Any) -> AuthResult:
            return AuthResult(success=(asked[-1].login, asked[-1].password) == (b"ada", b"right"))

        made = SmtpServer(tls_context=context, require_starttls=True, auth_required=True, authenticator=check)
        yield made
        made.stop()

    def spec(self, server: SmtpServer, certificate: tuple[Path, Path], **changes: Any) -> SmtpChannel:
        trust = ssl.create_default_context(cafile=certificate[0])
        fields = {"security": "starttls", "username": "ada", "password": "right", "tls_context": trust, **changes}
        return channel(server.port, **fields)

    def test_starttls_and_sign_in(self, tls_server: SmtpServer, certificate: tuple[Path, Path]) -> None:
        made = self.spec(tls_server, certificate)
        assert made.send(request(made)).kind is OutcomeKind.HANDED_OVER

    def test_a_wrong_password_is_a_failure(self, tls_server: SmtpServer, certificate: tuple[Path, Path]) -> None:
        made = self.spec(tls_server, certificate, password="wrong")
        assert made.send(request(made)).kind is OutcomeKind.FAILED
        assert tls_server.mails == []

    def test_a_server_that_nobody_vouches_for_gets_nothing(
        self, tls_server: SmtpServer, certificate: tuple[Path, Path]
    ) -> None:
        made = self.spec(tls_server, certificate, tls_context=ssl.create_default_context())
        outcome = made.send(request(made))
        assert (outcome.kind, outcome.detail) == (OutcomeKind.FAILED, "smtp_tls")
        assert tls_server.mails == []

    def test_a_server_without_starttls_gets_nothing(self, server: SmtpServer, certificate: tuple[Path, Path]) -> None:
        made = self.spec(server, certificate)
        assert made.send(request(made)).kind is OutcomeKind.FAILED
        assert server.mails == []


def test_a_lone_dot_ends_nothing(server: SmtpServer) -> None:
    made = channel(server.port)
    message = a_message(text="one\n.\n..\n.two\n", html=None)
    prepared = made.prepare(msgspec.structs.replace(message), permit())
    assert isinstance(prepared, Request)
    assert made.send(prepared).kind is OutcomeKind.HANDED_OVER
    mail = message_from_bytes(server.mails[0][1], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.get_content().splitlines() == ["one", ".", "..", ".two"]
