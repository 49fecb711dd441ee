"""A return path of its own for each message, signed: a bounce tells which message it is about, even without its text.

``bounces+prp_….0123456789abcdef@mail.example.com``: our id and a keyed hash, all in lower case, because mail servers on
the way may change the case. Pure. A bounce to an address that we did not make is about no message.
"""

import hashlib
import hmac
import re

_TAG = re.compile(r"\+([a-z0-9_-]{1,40})\.([0-9a-f]{16})@")
_DIGITS = 16


def return_path(box: str, proposal_id: str, secret: str) -> str:
    """Return the envelope sender of one message; ``box`` is the mailbox that bounces go to."""
    local, _, domain = box.rpartition("@")
    return f"{local}+{proposal_id}.{_proof(proposal_id, secret)}@{domain}"


def proposal_of(addresses: list[str], secret: str) -> str | None:
    """Return the message that one of the addresses was made for, ``None`` when we made none of them."""
    for address in addresses:
        for match in _TAG.finditer(address.lower()):
            if hmac.compare_digest(match[2], _proof(match[1], secret)):
                return match[1]
    return None


def _proof(proposal_id: str, secret: str) -> str:
    return hmac.new(secret.encode(), b"return path:" + proposal_id.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
