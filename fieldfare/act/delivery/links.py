"""Links over the workspace's own domain: short, tracked, and never anything but what the message itself held. Pure.

``https://go.example.com/l/ID`` leads to the one target that was stored with the message that the id was made for. The
id is a keyed hash of message, place and target, so nobody can make one, and a row that was changed no longer fits its
id: there is no address in a link that could be replaced, and so no open redirect. The picture that tells of opens has
an id of the same kind. The way out (``/u/``) and links of other kinds than http stay as they are.

Flow: ids are made when the message is rendered, the same ones each time; rows are written in the transaction that
permits it, before the call; a link of a message that was not permitted leads nowhere. This module keeps nothing.
"""

import base64
import re
from collections.abc import Callable
from html import escape, unescape

import msgspec

from fieldfare.act.delivery.model import Message, TrackedLink

CLICK, OPEN = "click", "open"
_HREF = re.compile(r'(<a\b[^>]*?\shref\s*=\s*)("[^"]*"|\'[^\']*\')', re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`\\^{|}]+")
_TRAILING = ".,;:!?)]}'\""
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_LENGTH = 12
"""Bytes of an id: 96 bits, 16 characters."""
ID = re.compile(r"[A-Za-z0-9_-]{16}")
"""What an id looks like; anything else is not looked up."""

KeyedHash = Callable[[str, str], bytes]


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """How links are made. ``hash_of`` is keyed; ``domain`` has no slash at its end."""

    domain: str
    hash_of: KeyedHash
    clicks: bool = True
    opens: bool = False

    def track(self, message: Message, *, has_html: bool = True) -> Message:
        """Return the message with its links over our domain, and what must be stored for them."""
        found: dict[str, TrackedLink] = {}
        text, html = message.text, message.html
        if self.clicks:
            text = _URL.sub(lambda match: self._short_in_text(message, match[0], found), text)
            if html is not None:
                html = _HREF.sub(lambda match: match[1] + self._short_in_html(message, match[2], found), html)
        links = list(found.values())
        if self.opens and html is not None and has_html:
            pixel = self._link(message.proposal_id, OPEN, len(links), "")
            picture = f'<img src="{escape(f"{self.domain}/o/{pixel.id}")}" width="1" height="1" alt="">'
            ends = [match.start() for match in _BODY_END.finditer(html)]
            end = ends[-1] if ends else len(html)
            html = html[:end] + picture + html[end:]
            links.append(pixel)
        return msgspec.structs.replace(message, text=text, html=html, links=tuple(links))

    def fits(self, link: TrackedLink) -> bool:
        """Whether a stored row is what its id was made for."""
        return self._link(link.proposal_id, link.kind, link.place, link.target).id == link.id

    def _short_in_text(self, message: Message, url: str, found: dict[str, TrackedLink]) -> str:
        bare = url.rstrip(_TRAILING)
        if bare.count("(") > bare.count(")") and url[len(bare) :].startswith(")"):
            bare += ")"
        return self._short(message, bare, found) + url[len(bare) :]

    def _short_in_html(self, message: Message, quoted: str, found: dict[str, TrackedLink]) -> str:
        mark, target = quoted[0], unescape(quoted[1:-1].strip())
        if not _URL.fullmatch(target):
            return quoted
        return mark + escape(self._short(message, target, found)) + mark

    def _short(self, message: Message, target: str, found: dict[str, TrackedLink]) -> str:
        if target == message.unsubscribe_url or _is_ours(target, self.domain, message.unsubscribe_url):
            return target
        link = found.get(target)
        if link is None:
            link = found[target] = self._link(message.proposal_id, CLICK, len(found), target)
        return f"{self.domain}/l/{link.id}"

    def _link(self, proposal_id: str, kind: str, place: int, target: str) -> TrackedLink:
        hashed = self.hash_of("link", f"{proposal_id}\n{kind}\n{place}\n{target}")
        name = base64.urlsafe_b64encode(hashed[:_LENGTH]).decode()
        return TrackedLink(id=name, proposal_id=proposal_id, kind=kind, place=place, target=target)


def _is_ours(target: str, domain: str, unsubscribe_url: str | None) -> bool:
    """Whether the link leads to a page of ours already: a tracked one, or anybody's way out."""
    own = {domain} | ({unsubscribe_url.partition("/u/")[0]} if unsubscribe_url else set())
    return any(target.startswith(tuple(f"{each}/{page}/" for page in "lupco")) for each in own)
