"""Tell machines from people in opens and clicks: scanners, previews, proxies. Pure; one table.

Three answers. A *look* (HEAD, prefetch, a link preview) is nothing at all. A *machine* followed the link or fetched the
picture by itself: it is on record, under a name of its own that no decision listens to. Everything else is a person, as
far as can be known: an agent that hides as a browser and waits cannot be told apart, so opens and clicks are hints.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from fieldfare.ground.instants import SECOND, Instant

TOO_SOON = 5 * SECOND
"""Nobody reads a message and follows a link sooner than this after it was handed over; scanners do."""

_PREVIEWS = re.compile(
    r"slackbot|facebookexternalhit|facebot|twitterbot|whatsapp|telegrambot|skypeuripreview|discordbot|linkedinbot"
    r"|pinterest|redditbot|viber|line-poker|applebot|bingpreview|google-pagerenderer|embedly|iframely|mattermost",
    re.IGNORECASE,
)
"""Programs that show a link before anybody follows it."""

_SCANNERS = re.compile(
    r"bot\b|crawl|spider|barracuda|proofpoint|mimecast|symantec|messagelabs|trendmicro|fireeye|cisco|ironport|forcepoint"
    r"|zscaler|sophos|safelinks|microsoft office|ms-office|msoffice|python-requests|python-httpx|aiohttp|curl/"
    r"|wget/|java/|go-http-client|okhttp|libwww|headless|phantomjs|urlscan|virustotal|googlesafebrowsing|google-safety"
    r"|axios|node-fetch",
    re.IGNORECASE,
)
"""Programs that follow links by themselves."""

_PROXIES = re.compile(
    r"googleimageproxy|ggpht|yahoomailproxy|yahoo! slurp|^mozilla/5\.0$|^mozilla/4\.0$", re.IGNORECASE
)
"""Picture proxies. ``Mozilla/5.0`` and nothing else is what Apple's mail privacy protection sends."""


class Visitor(StrEnum):
    """Who came."""

    NOBODY = "nobody"
    """A look that never counts."""
    MACHINE = "machine"
    PERSON = "person"


def who_clicked(method: str, headers: Mapping[str, str], since_sent: Instant | None) -> Visitor:
    """Return who followed a link; header names in lower case; ``since_sent``: microseconds since the hand-over."""
    agent = headers.get("user-agent", "")
    if _is_look(method, headers) or _PREVIEWS.search(agent):
        return Visitor.NOBODY
    if not agent or _SCANNERS.search(agent) or (since_sent is not None and since_sent < TOO_SOON):
        return Visitor.MACHINE
    return Visitor.PERSON


def who_opened(method: str, headers: Mapping[str, str], since_sent: Instant | None) -> Visitor:
    """Return who fetched the picture."""
    agent = headers.get("user-agent", "")
    if _is_look(method, headers):
        return Visitor.NOBODY
    if _PREVIEWS.search(agent) or is_proxy(agent):
        return Visitor.MACHINE
    return who_clicked(method, headers, since_sent)


def is_proxy(agent: str) -> bool:
    """Whether a picture was fetched by a mailbox provider, for a person who may never look."""
    return _PROXIES.search(agent.strip()) is not None


def is_scanner(agent: str) -> bool:
    """Whether the agent is one that follows links by itself."""
    return _SCANNERS.search(agent) is not None or _PREVIEWS.search(agent) is not None


def _is_look(method: str, headers: Mapping[str, str]) -> bool:
    purposes = " ".join(headers.get(name, "") for name in ("purpose", "sec-purpose", "x-moz", "x-purpose")).lower()
    return method != "GET" or "prefetch" in purposes or "preview" in purposes or "prerender" in purposes
