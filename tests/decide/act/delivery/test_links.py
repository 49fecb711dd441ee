"""Tracked links: what they replace, what they leave, and that nobody can make or change one."""

import hashlib
import hmac
import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.links import ID, Links
from fieldfare.act.delivery.model import Message

OUT = "https://engage.example.com/u/abc"


def hash_of(kind: str, value: str) -> bytes:
    return hmac.new(b"key", f"{kind}:{value}".encode(), hashlib.sha256).digest()


LINKS = Links(domain="https://go.example.com", hash_of=hash_of)
WITH_OPENS = msgspec.structs.replace(LINKS, opens=True)


def message(text: str, html: str | None = None, proposal_id: str = "prp_1") -> Message:
    return Message(
        proposal_id=proposal_id,
        channel="email",
        template="t",
        to="ada@example.com",
        subject=None,
        text=text,
        html=html,
        headers={},
        unsubscribe_url=OUT,
    )


def test_links_in_both_parts_are_one_link_and_the_way_out_stays() -> None:
    html = '<a class="b" href="https://shop.example.com/a?x=1&amp;y=2">A</a> <a href="mailto:a@b.example">m</a>'
    made = LINKS.track(message(f"See https://shop.example.com/a?x=1&y=2. Leave: {OUT}", html))
    (link,) = made.links
    assert link.target == "https://shop.example.com/a?x=1&y=2"
    assert made.text == f"See https://go.example.com/l/{link.id}. Leave: {OUT}"
    assert f'<a class="b" href="https://go.example.com/l/{link.id}">' in (made.html or "")
    assert "mailto:a@b.example" in (made.html or "")


def test_brackets_and_dots_around_an_address_stay() -> None:
    made = LINKS.track(message("(https://a.example/x) https://b.example/w_(c), end"))
    assert [link.target for link in made.links] == ["https://a.example/x", "https://b.example/w_(c)"]
    assert re.fullmatch(r"\(https://go\.example\.com/l/\S{16}\) https://go\.example\.com/l/\S{16}, end", made.text)


def test_the_picture_is_off_unless_asked_for() -> None:
    html = "<html><body><p>x</p></body></html>"
    assert "/o/" not in (LINKS.track(message("x", html)).html or "")
    made = WITH_OPENS.track(message("x", html))
    (pixel,) = made.links
    assert (pixel.kind, pixel.target) == ("open", "")
    assert f'src="https://go.example.com/o/{pixel.id}"' in (made.html or "")
    assert (made.html or "").endswith("</body></html>")
    assert WITH_OPENS.track(message("x")).links == ()


def test_the_same_message_has_the_same_links_and_another_one_others() -> None:
    first, again = LINKS.track(message("https://a.example/")), LINKS.track(message("https://a.example/"))
    other = LINKS.track(message("https://a.example/", proposal_id="prp_2"))
    assert first == again
    assert first.links[0].id != other.links[0].id


def test_a_changed_row_no_longer_fits_its_id() -> None:
    (link,) = LINKS.track(message("https://a.example/")).links
    assert LINKS.fits(link)
    assert not LINKS.fits(msgspec.structs.replace(link, target="https://evil.example/"))
    assert not LINKS.fits(msgspec.structs.replace(link, proposal_id="prp_2"))
    assert not msgspec.structs.replace(LINKS, hash_of=lambda kind, value: hash_of(kind, value + "!")).fits(link)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_keeps_everything_but_its_addresses(text: str, html: str) -> None:
    made = WITH_OPENS.track(message(text, html))
    assert all(ID.fullmatch(link.id) for link in made.links)
    assert all(WITH_OPENS.fits(link) for link in made.links)
    back = made.text
    for link in made.links:
        back = back.replace(f"https://go.example.com/l/{link.id}", link.target)
    assert back == text
