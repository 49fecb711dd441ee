"""Links to surveys: nobody makes, changes or reads one; forms are of their link and of our page."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.surveys.links import FORM_LASTS
from fieldfare.testing.delivery import START
from tests.decide.act.delivery.builders import LINKS
from tests.decide.act.surveys.asked import CLAIM

MADE = LINKS.surveys
TOKEN = MADE.url(CLAIM).rpartition("/")[2]


def test_a_link_carries_who_was_asked_and_says_nothing_of_it() -> None:
    assert MADE.url(CLAIM).startswith("https://engage.example.com/s/")
    assert MADE.read(TOKEN) == CLAIM
    assert MADE.read(TOKEN + "x" * 5_000) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=33, max_codepoint=122))
def test_a_changed_link_is_none(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert MADE.read(changed) in ({CLAIM} if changed == TOKEN else {None, CLAIM})
    assert changed == TOKEN or MADE.read(changed) is None or len(TOKEN) - 1 == place  # the last letter has spare bits


@given(st.text(max_size=40))
def test_anything_else_is_none(text: str) -> None:
    assert MADE.read(text) is None


def test_a_form_is_of_its_link_and_ends() -> None:
    form = MADE.form(TOKEN, START)
    assert MADE.is_own_form(form, TOKEN, START + FORM_LASTS - 1)
    assert not MADE.is_own_form(form, TOKEN, START + FORM_LASTS)
    assert not MADE.is_own_form(form, TOKEN + "A", START)
    assert not MADE.is_own_form(TOKEN, TOKEN, START)
    assert MADE.read(form) is None
