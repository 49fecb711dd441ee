"""The e-mail channel: one message, one SMTP session, every answer read at the step that gave it.

Whether a message may be tried again hangs on one question: can the server have taken it? Before the text was sent it
cannot (``FAILED``, or ``REJECTED`` when it says no for good). From the text's first byte on only its answer counts;
without one the outcome is ``UNKNOWN``. The Message-ID is made from the proposal, so a receiver can drop a second copy.

It keeps no connection between messages and signs nothing: DKIM is the server's work, and must cover List-Unsubscribe.
"""

import re
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import EmailPolicy

from fieldfare.act.delivery.channels.bounce import parse_bounce
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.model import (
    Capabilities,
    ChannelSpec,
    Message,
    Outcome,
    OutcomeKind,
    Receipt,
    Request,
)
from fieldfare.act.delivery.parse import is_mail_address
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import SECOND, to_datetime

_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_GONE = frozenset({"5.1.1", "5.1.6", "5.1.10"})
"""Enhanced status codes (RFC 3463) that say that the mailbox does not exist."""
_DOT = re.compile(rb"^\.", re.MULTILINE)
_AS_IS = frozenset({"list-unsubscribe", "list-unsubscribe-post", "message-id"})
_LONGEST_LINE = 900
_READY, _TRANSIENT, _PERMANENT = 354, 400, 500


class _MailPolicy(EmailPolicy):
    """The SMTP policy, but machine-read headers stay on one line as they are.

    The library folds a long URL into encoded words, which mail programs do not decode in List-Unsubscribe.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the header's line or lines."""
        if name.lower() in _AS_IS and value.isascii() and len(value) <= _LONGEST_LINE:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _MailPolicy(linesep="\r\n")


class SmtpChannel:
    """``Channel`` over SMTP."""

    def __init__(
        self, spec: ChannelSpec, *, from_email: str, from_name: str, tls_context: ssl.SSLContext | None = None
    ) -> None:
        """Take the configuration, secrets resolved. ``tls_context``: own authorities; the system's by default."""
        self.name = spec.name
        self.capabilities = Capabilities(address="email", receipts=spec.receipt_secret is not None)
        self._spec = spec
        self._from_email = from_email
        self._from = MailAddress(display_name=_header_text(from_name), addr_spec=from_email)
        self._domain = from_email.rpartition("@")[2]
        self._tls_context = tls_context

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the finished MIME text, or ``REJECTED`` for an address that cannot stand in a header."""
        check_permit(message, permit)
        if not is_mail_address(message.to):
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._from
        mail["To"] = MailAddress(addr_spec=message.to)
        if self._spec.reply_to:
            mail["Reply-To"] = MailAddress(addr_spec=self._spec.reply_to)
        mail["Subject"] = _header_text(message.subject or "")
        mail["Date"] = to_datetime(permit.granted_at)
        mail["Message-ID"] = self._message_id(message.proposal_id)
        for name, value in message.headers.items():
            mail[name] = _header_text(value)
        mail.set_content(message.text)
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html")
            mail.set_boundary(derived_id("part", message.proposal_id))
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers=message.headers,
            body=mail.as_bytes(),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Hand the text to the server."""
        try:
            session = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"smtp_{_kind_of(error)}")
        try:
            return self._converse(session, request)
        finally:
            _leave(session)

    def parse_receipt(self, headers: Mapping[str, str], body: bytes) -> list[Receipt]:
        """Return what a delivery status or abuse report (a raw mail, posted by the mail server) says."""
        return parse_bounce(headers, body, self._spec.receipt_secret, self.name)

    def _message_id(self, proposal_id: str) -> str:
        return f"<{proposal_id}@{self._domain}>"

    def _connect(self) -> smtplib.SMTP:
        spec, timeout = self._spec, self._spec.timeout_us / SECOND
        context = self._tls_context or ssl.create_default_context()
        session: smtplib.SMTP
        if spec.security == "tls":
            session = smtplib.SMTP_SSL(spec.host, spec.port, timeout=timeout, context=context)
        else:
            session = smtplib.SMTP(spec.host, spec.port, timeout=timeout)
        try:
            if spec.security == "starttls":
                session.starttls(context=context)
            if spec.username is not None and spec.password is not None:
                session.login(spec.username, spec.password)
            session.ehlo_or_helo_if_needed()
        except BaseException:
            session.close()
            raise
        return session

    def _converse(self, session: smtplib.SMTP, request: Request) -> Outcome:
        """Envelope, text, answer. Nothing was taken before the text; after it, only the answer counts."""
        try:
            answer = session.mail(self._from_email)
            if answer[0] < _TRANSIENT:
                answer = session.rcpt(request.to)
                if answer[0] >= _PERMANENT:
                    return _refused(answer, of_recipient=True)
            if answer[0] < _TRANSIENT:
                answer = session.docmd("DATA")
            if answer[0] != _READY:
                return _refused(answer, of_recipient=False)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"smtp_{_kind_of(error)}")
        try:
            session.send(_stuffed(request.body))
            answer = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"smtp_{_kind_of(error)}_after_data")
        if answer[0] < _TRANSIENT:
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=self._message_id(request.proposal_id))
        return _refused(answer, of_recipient=False)


def _stuffed(body: bytes) -> bytes:
    """Return the text as DATA wants it: lines that begin with a dot doubled, and the dot that ends it."""
    ending = b"" if body.endswith(b"\r\n") else b"\r\n"
    return _DOT.sub(b"..", body) + ending + b".\r\n"


def _refused(answer: tuple[int, bytes], *, of_recipient: bool) -> Outcome:
    code, text = answer
    match = _ENHANCED.match(text)
    enhanced = match[1].decode() if match else None
    detail = f"smtp_{code}" + (f"_{enhanced}" if enhanced else "")
    if code < _PERMANENT:
        return Outcome(kind=OutcomeKind.FAILED, detail=detail)
    return Outcome(kind=OutcomeKind.REJECTED, detail=detail, suppress=of_recipient and enhanced in _GONE)


def _header_text(text: str) -> str:
    """Return text that cannot end a header line."""
    return " ".join(text.split())


def _kind_of(error: Exception) -> str:
    """Name the failure shortly, without the server's words."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "timeout"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "login_refused"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, ConnectionRefusedError):
        return "connect_refused"
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError):
        return "disconnected"
    return type(error).__name__.lower()


def _leave(session: smtplib.SMTP) -> None:
    """Say goodbye; the message's fate is known already, so nothing that happens here matters."""
    try:
        session.quit()
    except (OSError, smtplib.SMTPException):
        session.close()
