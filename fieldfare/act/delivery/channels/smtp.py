"""The e-mail channel: each message is one conversation over SMTP, every answer read at the step that gave it.

Whether a message may be tried again hangs on one question: can the server have taken it? Before the text was sent it
cannot (``FAILED``, or ``REJECTED`` when it says no for good). From the text's first byte on only its answer counts;
without one the outcome is ``UNKNOWN``. The Message-ID is made from the proposal, so a receiver can drop a second copy.

Sessions are kept between messages (see ``sessions``). Where a key is configured each mail is signed (see ``dkim``), and
where a return path is, bounces come back to an address of this very message (see ``verp``).
"""

import re
import smtplib
import ssl
from email.headerregistry import Address as MailAddress
from email.utils import format_datetime

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.bounce import BounceProof, parse_bounce
from fieldfare.act.delivery.channels.dkim import open_signer, sign_mail
from fieldfare.act.delivery.channels.mime import Field, mail_bytes
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.channels.sessions import Session, Sessions, leave
from fieldfare.act.delivery.channels.verp import return_path
from fieldfare.act.delivery.model import (
    ChannelSpec,
    Inbound,
    Message,
    Outcome,
    OutcomeKind,
    Posted,
    Receipt,
    Request,
)
from fieldfare.act.delivery.parse_channels import is_mail_address
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import SECOND, to_datetime

_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_GONE = frozenset({"5.1.1", "5.1.6", "5.1.10"})
"""Enhanced status codes (RFC 3463) that say that the mailbox does not exist."""
_DOT = re.compile(rb"^\.", re.MULTILINE)
_READY, _TRANSIENT, _CLOSING, _PERMANENT = 354, 400, 421, 500


class SmtpChannel:
    """``Channel`` over SMTP."""

    def __init__(
        self, spec: ChannelSpec, *, from_email: str, from_name: str, tls_context: ssl.SSLContext | None = None
    ) -> None:
        """Take the configuration, secrets resolved. ``tls_context``: own authorities; the system's by default.

        Raises ``ConfigError`` ``dkim_key_invalid``.
        """
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._spec = spec
        self._from_email = from_email
        self._fields = [Field("From", str(MailAddress(display_name=_header_text(from_name), addr_spec=from_email)))]
        if spec.reply_to:
            self._fields.append(Field("Reply-To", spec.reply_to))
        self._domain = from_email.rpartition("@")[2]
        dkim = spec.dkim
        self._signer = (
            open_signer(dkim.domain or self._domain, dkim.selector, dkim.key, spec.name) if dkim is not None else None
        )
        self._sessions = Sessions(spec, tls_context)

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the finished MIME text, or ``REJECTED`` for an address that cannot stand in a header."""
        check_permit(message, permit)
        if not is_mail_address(message.to):
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        fields = [*self._fields, Field("To", message.to), Field("Subject", _header_text(message.subject or ""))]
        fields += [
            Field("Date", format_datetime(to_datetime(permit.granted_at))),
            Field("Message-ID", self._message_id(message.proposal_id)),
            *(Field(name, _header_text(value)) for name, value in message.headers.items()),
        ]
        mail = mail_bytes(fields, message.text, message.html, derived_id("part", message.proposal_id))
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers=message.headers,
            body=self._signed(mail, permit.granted_at // SECOND),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Hand the text to the server, over a kept session when there is one that still answers."""
        kept = self._sessions.take()
        if kept is not None:
            outcome = self._converse(kept, request, is_kept=True)
            if outcome is not None:
                return outcome
        try:
            session = self._sessions.open()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"smtp_{_kind_of(error)}")
        outcome = self._converse(session, request, is_kept=False)
        assert outcome is not None, "only a kept session may turn out dead"
        return outcome

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return what a delivery status or abuse report (a raw mail, posted by the mail server) says."""
        proof = BounceProof(self._spec.receipt_secret, self.name, self._domain, is_shadow=self._spec.is_shadow)
        return [*parse_bounce(posted, proof)]

    def close(self) -> None:
        """Leave the kept sessions."""
        self._sessions.close()

    def _signed(self, mail: bytes, at_s: int) -> bytes:
        return mail if self._signer is None else sign_mail(mail, self._signer, at_s)

    def _sender(self, proposal_id: str) -> str:
        spec = self._spec
        if spec.return_path is None or spec.receipt_secret is None:
            return self._from_email
        return return_path(spec.return_path, proposal_id, spec.receipt_secret)

    def _message_id(self, proposal_id: str) -> str:
        return f"<{proposal_id}@{self._domain}>"

    def _converse(self, session: Session, request: Request, *, is_kept: bool) -> Outcome | None:
        """Envelope, text, answer. Nothing was taken before the text; after it, only the answer counts.

        ``None``: the kept session was dead before the conversation began, so nothing was asked of the server.
        """
        smtp = session.smtp
        try:
            answer = smtp.mail(self._sender(request.proposal_id))
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            return None if is_kept else Outcome(kind=OutcomeKind.FAILED, detail=f"smtp_{_kind_of(error)}")
        if is_kept and answer[0] == _CLOSING:
            smtp.close()
            return None
        try:
            if answer[0] < _TRANSIENT:
                answer = smtp.rcpt(request.to)
                if answer[0] >= _TRANSIENT:
                    return self._reset(session, _refused(answer, of_recipient=True))
            if answer[0] < _TRANSIENT:
                answer = smtp.docmd("DATA")
            if answer[0] != _READY:
                return self._reset(session, _refused(answer, of_recipient=False))
        except (OSError, smtplib.SMTPException) as error:
            smtp.close()
            return Outcome(kind=OutcomeKind.FAILED, detail=f"smtp_{_kind_of(error)}")
        return self._text(session, request)

    def _text(self, session: Session, request: Request) -> Outcome:
        try:
            session.smtp.send(_stuffed(request.body))
            answer = session.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            session.smtp.close()
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"smtp_{_kind_of(error)}_after_data")
        if answer[0] < _TRANSIENT:
            self._sessions.give_back(session)
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=self._message_id(request.proposal_id))
        return self._reset(session, _refused(answer, of_recipient=False))

    def _reset(self, session: Session, outcome: Outcome) -> Outcome:
        """Make the session fit for the next message: what this one was refused for must not cling to it."""
        try:
            if session.smtp.rset()[0] < _TRANSIENT:
                self._sessions.give_back(session)
            else:
                leave(session)
        except (OSError, smtplib.SMTPException):
            session.smtp.close()
        return outcome


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
        return Outcome(kind=OutcomeKind.FAILED, detail=detail, of_recipient=of_recipient and code != _CLOSING)
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
