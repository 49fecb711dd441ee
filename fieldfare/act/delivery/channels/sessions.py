"""SMTP sessions that are kept between messages: several messages per session, and honest about which one is dead.

A session that was used before may have died since, unseen. That shows at ``MAIL``, before the server can have taken
anything: the message then goes over a new session. A session on which anything unexpected happened is closed and never
used again, so what befell one message cannot befall the next. Any number of threads may take sessions; one session
serves one message at a time. Reads no clock: a server that dislikes idle sessions closes them, and that is met at
``MAIL`` again.
"""

import smtplib
import ssl
import threading

import msgspec

from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.ground.instants import SECOND

MOST_MESSAGES = 100
"""Messages after which a session is closed: many servers close it themselves at that number."""


class Session(msgspec.Struct):
    """One connection and how many messages went over it."""

    smtp: smtplib.SMTP
    messages: int = 0


class Sessions:
    """Opens sessions to one server, and keeps those that are in order."""

    def __init__(self, spec: ChannelSpec, tls_context: ssl.SSLContext | None = None) -> None:
        """Take the server. ``tls_context``: own authorities; the system's by default."""
        self._spec, self._tls_context = spec, tls_context
        self._idle: list[Session] = []
        self._lock = threading.Lock()

    def take(self) -> Session | None:
        """Return a kept session, ``None`` when there is none."""
        with self._lock:
            return self._idle.pop() if self._idle else None

    def give_back(self, session: Session) -> None:
        """Keep a session that is in order after a message; close it when it has served long enough."""
        session.messages += 1
        if session.messages < MOST_MESSAGES:
            with self._lock:
                if len(self._idle) < self._spec.parallel:  # as many as calls may be under way
                    self._idle.append(session)
                    return
        leave(session)

    def open(self) -> Session:
        """Open a new session: greeting, TLS, sign-in. Raises ``OSError`` or ``smtplib.SMTPException``."""
        spec, timeout = self._spec, self._spec.timeout_us / SECOND
        if spec.security == "tls":
            context = self._tls_context or ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(spec.host, spec.port, timeout=timeout, context=context)
        else:
            smtp = smtplib.SMTP(spec.host, spec.port, timeout=timeout)
        try:
            if spec.security == "starttls":
                smtp.starttls(context=self._tls_context or ssl.create_default_context())
            if spec.username is not None and spec.password is not None:
                smtp.login(spec.username, spec.password)
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return Session(smtp)

    def close(self) -> None:
        """Leave every kept session."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            leave(session)


def leave(session: Session) -> None:
    """Say goodbye; the message's fate is known already, so nothing that happens here matters."""
    try:
        session.smtp.quit()
    except (OSError, smtplib.SMTPException):
        session.smtp.close()
