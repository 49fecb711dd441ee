from fieldfare.know.identity.match.explain import explain, sentence
from fieldfare.know.identity.match.model import Pair
from tests.decide.know.identity.match.example import small_model


def test_it_says_in_words_what_agrees_what_differs_and_what_to_beware_of() -> None:
    told = explain(small_model(), Pair(0, 1, 0.7, (0.2,), (0, 1)))
    assert told == {
        "agrees": [{"what": "same surname", "bits": 6.5}],
        "differs": [{"what": "other phone number", "bits": -2.3}],
        "missing": [],
        "caution": "may be two people of one household (20%)",
    }
    assert sentence(told) == "same surname; but other phone number; may be two people of one household (20%)"


def test_a_missing_value_is_named_and_no_caution_without_reason() -> None:
    told = explain(small_model(), Pair(0, 1, 0.9, (0.01,), (0, -1)))
    assert told["missing"] == ["phone"]
    assert "caution" not in told
