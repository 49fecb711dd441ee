from fieldfare.know.identity.match.choose import (
    ALL_PAIRS,
    MOST_PAIRS_PER_RECORD,
    blocking,
    comparisons,
    statistics,
    telling,
)
from fieldfare.know.identity.match.model import Record


def _records(count: int) -> list[Record]:
    return [
        Record(
            "a",
            str(n),
            {"surname": f"name{n // 2}", "given_name": f"given{n % 400}", "state": "wa", "email": f"{n}@a.b"},
        )
        for n in range(count)
    ]


def test_a_column_that_is_the_same_for_all_says_nothing() -> None:
    assert telling(statistics(_records(100))) == {"surname", "given_name", "email"}


def test_few_records_are_all_compared_and_many_by_the_surest_conditions_within_the_bound() -> None:
    few, many = _records(100), _records(3_000)
    assert blocking(few, frozenset({"surname"})) == (ALL_PAIRS,)
    crowded = [Record("a", r.id, {**r.values, "postcode": "1"}) for r in many]
    rules = blocking(crowded, frozenset({"surname", "given_name", "postcode"}))
    assert "l.surname = r.surname" in rules
    assert "l.postcode = r.postcode" not in rules  # four million pairs
    assert MOST_PAIRS_PER_RECORD * 3_000 < 3_000 * 2_999 // 2


def test_comparisons_follow_the_columns() -> None:
    names = [each.name for each in comparisons(frozenset({"given_name", "surname", "postcode", "phone"}))]
    assert names == ["given_name", "surname", "place", "phone"]
    alone = comparisons(frozenset({"given_name"}))[0]
    assert not any("surname" in level.condition for level in alone.levels)
    for each in comparisons(frozenset({"street", "city"})):
        assert each.levels[0].is_missing
        assert each.levels[-1].condition == "ELSE"
