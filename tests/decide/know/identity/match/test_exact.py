from fieldfare.know.identity.match.exact import MOST_ALIKE, ExactMatcher
from fieldfare.know.identity.match.explain import explain
from fieldfare.know.identity.match.model import Record


def _record(number: int, **values: str) -> Record:
    return Record("a", str(number), values)


def test_the_surest_rule_that_holds_counts() -> None:
    people = [
        _record(0, given_name="ann", surname="lee", email="a@b.c", phone="1"),
        _record(1, given_name="ann", surname="lee", email="a@b.c", phone="1"),
        _record(2, given_name="bob", surname="lee", email="a@b.c", phone="2"),
        _record(3, given_name="cy"),
    ]
    matcher = ExactMatcher()
    model = matcher.train(people)
    found = {(each.left, each.right): each for each in matcher.score(people, model)}
    assert {key: each.probability for key, each in found.items()} == {(0, 1): 0.97, (0, 2): 0.6, (1, 2): 0.6}
    assert explain(model, found[0, 1])["agrees"][0]["what"] == "same email, given name, surname"


def test_what_a_crowd_shares_tells_nothing() -> None:
    crowd = [_record(number, email="desk@b.c") for number in range(MOST_ALIKE + 1)]
    matcher = ExactMatcher()
    assert matcher.score(crowd, matcher.train(crowd)) == []
