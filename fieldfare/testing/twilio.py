"""A strict fake of Twilio's Messages resource: a wrong call gets the error that its API documents.

Shapes and codes are those of the published API (2010-04-01): form in, JSON out; ``{code, message, more_info, status}``
for errors. Numbers that behave in a way of their own: see :data:`SPECIAL`.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from fieldfare.act.delivery.channels.twilio_signature import sign
from fieldfare.act.delivery.segments import segments_of
from fieldfare.testing.provider import Asked, Provider, Told

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a fake
_LONGEST = 1_600
_LARGEST_PAGE = 1_000
SPECIAL = {
    "+15005550001": (400, 21211, "Invalid 'To' Phone Number"),
    "+15005550002": (400, 21612, "The 'To' phone number is not currently reachable"),
    "+15005550003": (400, 21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (400, 21614, "'To' number is not a valid mobile number"),
}
"""The magic numbers that Twilio documents for tests, and what it answers for each."""


class FakeTwilio(Provider):
    """The server. ``taken`` holds accepted calls; :meth:`messages` what was in them."""

    def __init__(self, account: str = ACCOUNT, token: str = TOKEN) -> None:
        """Know one account."""
        self.account, self.token = account, token
        self.made_at = "Fri, 09 Jan 2026 12:00:01 +0000"
        """When the messages that it lists were made, as its API writes it."""
        super().__init__(self._take)

    def messages(self) -> list[dict[str, str]]:
        """Return the accepted forms, in order."""
        return [dict(parse_qsl(asked.body.decode())) for asked in self.taken]

    def callback(self, url: str, form: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a webhook to ``url``, signed as Twilio signs."""
        from urllib.parse import urlencode  # noqa: PLC0415 - used here alone

        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": sign(url, list(form.items()), self.token),
        }
        return headers, urlencode(form).encode()

    def _take(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != _basic(self.account, self.token):
            return _error(401, 20003, "Authenticate")
        path, _, query = asked.path.partition("?")
        if path != f"/2010-04-01/Accounts/{self.account}/Messages.json":
            return _error(404, 20404, "The requested resource was not found")
        if asked.method == "GET":
            return self._listed(dict(parse_qsl(query)))
        if asked.headers.get("content-type") != "application/x-www-form-urlencoded":
            return _error(415, 20001, "Unsupported media type")
        form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        wrong = _wrong(form)
        return wrong or _accepted(form, self.account)

    def _listed(self, asked: dict[str, str]) -> Told:
        """Return the messages to a number, the newest first, each made at :attr:`made_at`."""
        unknown = set(asked) - {"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"}
        if unknown:
            return _error(400, 20001, f"Unknown parameters {sorted(unknown)}")
        size = int(asked.get("PageSize", "50"))
        if not 1 <= size <= _LARGEST_PAGE:
            return _error(400, 20006, "Page size is out of bounds")
        made = [_message(form, self.account) | {"date_created": self.made_at} for form in reversed(self.messages())]
        found = [each for each in made if asked.get("To", each["to"]) == each["to"]]
        more = f"/2010-04-01/Accounts/{self.account}/Messages.json?Page=1" if len(found) > size else None
        body = {"messages": found[:size], "page": 0, "page_size": size, "next_page_uri": more}
        return Told(200, msgspec.json.encode(body), {"content-type": "application/json"})


def _wrong(form: dict[str, str]) -> Told | None:
    to, body = form.get("To", ""), form.get("Body", "")
    if not to:
        return _error(400, 21604, "A 'To' phone number is required")
    if to in SPECIAL:
        return _error(*SPECIAL[to])
    if not (to.startswith("+") and to[1:].isdecimal() and 7 <= len(to[1:]) <= 15):  # noqa: PLR2004 - E.164
        return _error(400, 21211, f"The 'To' number {to} is not a valid phone number")
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return _error(400, 21603, "A 'From' phone number is required")
    if not body.strip():
        return _error(400, 21602, "Message body is required")
    if len(body) > _LONGEST:
        return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    unknown = set(form) - {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
    if unknown:
        return _error(400, 20001, f"Unknown parameters {sorted(unknown)}")
    return None


def _accepted(form: dict[str, str], account: str) -> Told:
    return Told(201, msgspec.json.encode(_message(form, account)), {"content-type": "application/json"})


def _message(form: dict[str, str], account: str) -> dict[str, Any]:
    """Return the message; the same form has the same SID here, so that a second copy can be seen."""
    sid = "SM" + hashlib.sha256(msgspec.json.encode(form, order="sorted")).hexdigest()[:32]
    has_service = "MessagingServiceSid" in form
    return {
        "sid": sid,
        "account_sid": account,
        "status": "accepted" if has_service else "queued",
        "to": form["To"],
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "body": form["Body"],
        "num_segments": "0" if has_service else str(segments_of(form["Body"]).count),
        "error_code": None,
        "error_message": None,
        "direction": "outbound-api",
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{sid}.json",
    }


def _error(status: int, code: int, message: str) -> Told:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Told(status, msgspec.json.encode(body), {"content-type": "application/json"})


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
