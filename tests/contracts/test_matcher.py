"""Every matcher finds the same plain truths, on records of its own liking, and stores as JSON what it learnt."""

from typing import NamedTuple

import msgspec
import pytest

from fieldfare.know.identity.match.cluster import cluster, pairs_within
from fieldfare.know.identity.match.exact import ExactMatcher
from fieldfare.know.identity.match.model import Model, Pair
from fieldfare.know.identity.match.ports import Matcher
from fieldfare.know.identity.match.records import records_of
from fieldfare.know.identity.match.with_splink import SplinkMatcher
from tests.decide.know.identity.match.families import made_up

MATCHERS: list[Matcher] = [ExactMatcher(), SplinkMatcher(memory_mb=512, random_pairs=200_000)]
_TRUTH = made_up(seed=11, households=150)
_RECORDS = records_of("made-up", _TRUTH.people)


class Learnt(NamedTuple):
    """A matcher, what it learnt of the records, and how it scores their pairs by that."""

    matcher: Matcher
    model: Model
    pairs: list[Pair]


@pytest.fixture(scope="module", params=MATCHERS, ids=lambda each: type(each).__name__)
def learnt(request: pytest.FixtureRequest) -> Learnt:
    matcher: Matcher = request.param
    model = matcher.train(_RECORDS)
    return Learnt(matcher, model, list(matcher.score(_RECORDS, model)))


def test_a_matcher_keeps_its_promises(learnt: Learnt) -> None:
    matcher, model, _ = learnt
    again = msgspec.json.decode(msgspec.json.encode(model), type=Model)
    assert again == model
    assert "harland" not in msgspec.json.encode(model).decode()  # a name of the made-up people
    pairs = matcher.score(_RECORDS, again)
    keys = [(each.left, each.right) for each in pairs]
    assert len(set(keys)) == len(keys)
    assert all(left != right and min(left, right) >= 0 and max(left, right) < len(_RECORDS) for left, right in keys)
    assert all(0 <= each.probability <= 1 for each in pairs)
    truth = pairs_within(_TRUTH.who)
    found = pairs_within(cluster(len(_RECORDS), pairs))
    assert len(found & truth) / len(found) >= 0.9
    assert sorted(learnt.pairs, key=repr) == sorted(pairs, key=repr)


@pytest.mark.parametrize("learnt", MATCHERS[1:], indirect=True, ids=["SplinkMatcher"])
def test_splink_beats_the_bar_where_families_and_namesakes_stand_in_the_way(learnt: Learnt) -> None:
    pairs = learnt.pairs
    truth, found = pairs_within(_TRUTH.who), pairs_within(cluster(len(_RECORDS), pairs))
    right = len(found & truth)
    assert 2 * right / (len(found) + len(truth)) >= 0.95
    sure = [(each.left, each.right) for each in pairs if each.probability >= 0.9]
    assert sum((min(pair), max(pair)) in truth for pair in sure) / len(sure) >= 0.97  # calibrated
