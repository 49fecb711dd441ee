"""Links to own pages: only ours are read, each for its own kind of page; a form belongs to its link and its time."""

import pytest

from fieldfare.act.delivery.page_links import CONFIRM, FORM_LASTS, PREFERENCES, PageClaim
from tests.decide.act.delivery.builders import LINKS

PAGES = LINKS.pages
CLAIM = PageClaim("", 7, b"a" * 16, "email", "de", 5)


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_carries_its_claim() -> None:
    token = token_of(PAGES.preferences_url(CLAIM))
    found = PAGES.read(token, PREFERENCES)
    assert found is not None
    assert (found.profile_id, found.address_hash, found.channel, found.language) == (7, b"a" * 16, "email", "de")
    assert PAGES.read(token, CONFIRM) is None
    assert PAGES.read(token_of(PAGES.confirm_url(CLAIM)), CONFIRM) is not None


@pytest.mark.parametrize("token", ["", "x", "ä", "A" * 9_999])
def test_what_we_did_not_make(token: str) -> None:
    assert PAGES.read(token, PREFERENCES) is None
    assert not PAGES.is_own_form(token, "t", 5)


def test_links_of_other_pages_are_none_of_these() -> None:
    leaving = token_of(LINKS.url(7, b"a" * 16, "marketing", "email", "prp_1"))
    assert PAGES.read(leaving, PREFERENCES) is None
    assert LINKS.read(token_of(PAGES.preferences_url(CLAIM))) is None


def test_a_form_belongs_to_its_link_and_to_some_hours() -> None:
    form = PAGES.form("t", 100)
    assert PAGES.is_own_form(form, "t", 100)
    assert PAGES.is_own_form(form, "t", 99 + FORM_LASTS)
    assert not PAGES.is_own_form(form, "t", 100 + FORM_LASTS)
    assert not PAGES.is_own_form(form, "other", 100)
    assert not PAGES.is_own_form(form, "t", 99)
    assert PAGES.read(form, PREFERENCES) is None
