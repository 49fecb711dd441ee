"""What answers ask for: the words that count at once, and the wording that a person must read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.model import Keyword
from fieldfare.act.delivery.replies import STOP_WORDS, keyword_of, says_how_to_leave

TWILIO = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"]
FCC = ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]
CARRIERS = ["ARRET", "OPT-OUT", "OPTOUT", "REMOVE", "TD"]


@pytest.mark.parametrize(
    "text", [*TWILIO, *FCC, *CARRIERS, " Stop. ", "STOP!!", "stop please", "Arrêt", "Opt-out", "«STOP»"]
)
def test_out(text: str) -> None:
    assert keyword_of(text) is Keyword.STOP


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("START", Keyword.START),
        ("unstop", Keyword.START),
        ("Yes", Keyword.START),
        ("HELP", Keyword.HELP),
        ("info", Keyword.HELP),
        ("Please stop texting me", Keyword.REVIEW),
        ("don't text me any more", Keyword.REVIEW),
        ("Do not contact me again", Keyword.REVIEW),
        ("take me off your list", Keyword.REVIEW),
        ("remove my number", Keyword.REVIEW),
        ("wrong number", Keyword.REVIEW),
        ("leave me alone!!!", Keyword.REVIEW),
        ("Bitte keine SMS mehr", Keyword.REVIEW),
        ("can you cancel these messages", Keyword.REVIEW),
        ("I will come at the end of the month", Keyword.NONE),
        ("cancel my class on Tuesday", Keyword.NONE),
        ("yes please book it for Ada", Keyword.NONE),
        ("", Keyword.NONE),
        ("👍", Keyword.NONE),
    ],
)
def test_the_rest(text: str, wanted: Keyword) -> None:
    assert keyword_of(text) is wanted


@given(st.sampled_from(sorted(STOP_WORDS)), st.sampled_from(["", " ", ".", "!", "\n", "…"]), st.booleans())
def test_case_and_punctuation_never_keep_anybody_in(word: str, around: str, upper: bool) -> None:
    told = f"{around}{word.upper() if upper else word}{around}"
    assert keyword_of(told) is Keyword.STOP


@given(st.text(max_size=300))
def test_any_text_has_one_answer(text: str) -> None:
    assert keyword_of(text) in Keyword


def test_ways_out_are_seen() -> None:
    assert says_how_to_leave("Reply STOP to opt out")
    assert says_how_to_leave("Abmelden: STOP antworten")
    assert not says_how_to_leave("Visit our shop, nonstop open")
