"""Machines and people in clicks and opens."""

import pytest

from fieldfare.act.delivery.machines import TOO_SOON, Visitor, who_clicked, who_opened
from fieldfare.ground.instants import HOUR, SECOND

BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("method", "headers", "since", "wanted"),
    [
        ("GET", {"user-agent": BROWSER}, HOUR, Visitor.PERSON),
        ("GET", {"user-agent": BROWSER}, None, Visitor.PERSON),
        ("GET", {"user-agent": BROWSER}, TOO_SOON - 1, Visitor.MACHINE),
        ("GET", {"user-agent": BROWSER}, TOO_SOON, Visitor.PERSON),
        ("GET", {}, HOUR, Visitor.MACHINE),
        ("GET", {"user-agent": "Barracuda Sentinel (EE)"}, HOUR, Visitor.MACHINE),
        ("GET", {"user-agent": "python-requests/2.32"}, HOUR, Visitor.MACHINE),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}, HOUR, Visitor.NOBODY),
        ("GET", {"user-agent": "WhatsApp/2.23"}, HOUR, Visitor.NOBODY),
        ("HEAD", {"user-agent": BROWSER}, HOUR, Visitor.NOBODY),
        ("GET", {"user-agent": BROWSER, "sec-purpose": "prefetch;prerender"}, HOUR, Visitor.NOBODY),
        ("GET", {"user-agent": BROWSER, "x-moz": "prefetch"}, HOUR, Visitor.NOBODY),
        ("GET", {"user-agent": BROWSER, "purpose": "preview"}, HOUR, Visitor.NOBODY),
    ],
)
def test_clicks(method: str, headers: dict[str, str], since: int | None, wanted: Visitor) -> None:
    assert who_clicked(method, headers, since) is wanted


@pytest.mark.parametrize(
    ("agent", "wanted"),
    [
        (BROWSER, Visitor.PERSON),
        ("Mozilla/5.0", Visitor.MACHINE),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", Visitor.MACHINE),
        ("YahooMailProxy; https://help.yahoo.com", Visitor.MACHINE),
        ("Slackbot 1.0", Visitor.MACHINE),
    ],
)
def test_opens(agent: str, wanted: Visitor) -> None:
    assert who_opened("GET", {"user-agent": agent}, HOUR) is wanted


def test_a_picture_looked_for_is_nobody() -> None:
    assert who_opened("HEAD", {"user-agent": BROWSER}, 60 * SECOND) is Visitor.NOBODY
