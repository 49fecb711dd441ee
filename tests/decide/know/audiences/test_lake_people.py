"""People in the lake: three answers of a household. That they agree with documents is held in ``test_to_lake``."""

import ibis

from fieldfare.know.audiences.lake_people import household_holds, person_holds, with_household
from fieldfare.know.audiences.model import Bound, Did, HasConsent, HasIdentifier, Household, MatchConfidence, Permission

PEOPLE = ibis.memtable(
    {
        "profile_id": [1, 2, 3, 4],
        "household": [1, 1, 3, None],
        "match_confidence": [100, 80, 90, 90],
        "identifiers": ['{"email":2}', "{}", "{}", '{"phone":1}'],
        "consent": ['{"news sms":"granted"}', '{"news sms":"denied"}', "{}", '{"news sms":"odd"}'],
        "holds": [True, None, False, True],
    },
    schema={
        "profile_id": "int64",
        "household": "int64",
        "match_confidence": "int32",
        "identifiers": "string",
        "consent": "string",
        "holds": "boolean",
    },
)


def asked(node: Household | HasConsent | HasIdentifier | MatchConfidence) -> list[bool | None]:
    """Return the answers in the order of profiles."""
    people = PEOPLE
    if isinstance(node, Household):
        people = with_household(people, node, people.holds)
        expression = household_holds(node, people)
        assert with_household(people, node, people.holds) is people, "columns are made once"
    else:
        expression = person_holds(node, people)
    found = ibis.duckdb.connect().to_pyarrow(people.select(people.profile_id, truth=expression)).to_pylist()
    return [row["truth"] for row in sorted(found, key=lambda row: row["profile_id"])]


def test_households() -> None:
    who = Did("X")
    assert asked(Household(who, (Bound("at_least", 1),))) == [True, True, False, None]
    assert asked(Household(who, (Bound("at_least", 2),))) == [None, None, False, None]
    assert asked(Household(who, (Bound("exactly", 3),))) == [False, False, False, None]
    assert asked(Household(who, (Bound("at_least", 1),), others=True)) == [None, True, False, None]
    assert asked(Household(who, every=True)) == [None, None, False, None]


def test_persons() -> None:
    assert asked(HasIdentifier("email")) == [True, False, False, False]
    assert asked(HasIdentifier("email", exists=False)) == [False, True, True, True]
    assert asked(MatchConfidence((Bound("at_least", 90),))) == [True, False, True, True]
    assert asked(HasConsent("news", "sms")) == [True, False, False, False]
    assert asked(HasConsent("news", "sms", Permission.WITHDRAWN)) == [False, True, False, False]
    assert asked(HasConsent("news", "sms", Permission.NONE)) == [False, False, True, True]
