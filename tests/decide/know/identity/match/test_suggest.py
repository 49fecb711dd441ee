from fieldfare.ground.instants import Instant
from fieldfare.know.identity.match.model import Pair
from fieldfare.know.identity.match.suggest import fingerprint, suggest, suggestion_id
from fieldfare.testing.suggestions import MemorySuggestions
from tests.decide.know.identity.match.example import small_model

NOW: Instant = 1_700_000_000_000_000


def _pair(left: int, right: int, probability: float) -> Pair:
    return Pair(left, right, probability, (0.0,), (0, 0))


def test_only_likely_undecided_pairs_of_one_group_are_asked_the_surest_first() -> None:
    profiles = [70, 10, 20, 30, 40]
    pairs = [_pair(0, 1, 0.8), _pair(2, 3, 0.999), _pair(1, 4, 0.49), _pair(2, 4, 0.9), _pair(3, 4, 0.0001)]
    found = suggest(small_model(), profiles, pairs, decided={(10, 70)})
    assert [(each.a, each.b, each.confidence) for each in found] == [(20, 30, 99)]
    again = suggest(small_model(), profiles, pairs, decided=())
    assert [(each.a, each.b) for each in again] == [(20, 30), (10, 70)]
    assert again[0].explanation["agrees"][0]["what"] == "same phone number"
    assert again[0].model == fingerprint(small_model())


def test_a_question_about_two_profiles_is_one_whatever_the_order() -> None:
    assert suggestion_id(5, 3) == suggestion_id(3, 5) != suggestion_id(3, 6)


def test_asking_again_asks_nothing_new_and_what_was_answered_stays_so() -> None:
    queue = MemorySuggestions()
    found = suggest(small_model(), [1, 2], [_pair(0, 1, 0.9)], queue.decided())
    assert (queue.put(found, NOW), queue.put(found, NOW)) == (1, 0)
    queue.answer(2, 1, "never")
    assert queue.put(found, NOW) == 0
    assert queue.waiting == {}
    assert suggest(small_model(), [1, 2], [_pair(0, 1, 0.9)], queue.decided()) == []
