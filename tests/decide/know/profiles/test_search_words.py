"""By which words somebody is found: accents, case, hyphens and word order do not count; only names and addresses do."""

from typing import Any

import pytest

from fieldfare.know.profiles.model import TraitValue
from fieldfare.know.profiles.search_words import MOST_WORDS, searchable, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  ", []),
        ("Anna", ["anna"]),
        ("ANNA-Lena  Müller", ["anna", "lena", "muller"]),
        ("Müller", ["muller"]),
        ("Strauß", ["strauss"]),
        ("José Ångström", ["jose", "angstrom"]),
        ("Søren Łukasz", ["soren", "lukasz"]),
        ("O'Neill, Pat.", ["o", "neill", "pat"]),
        ("anna anna", ["anna"]),
        ("山田 太郎", ["山田", "太郎"]),
        ("a_b", ["a", "b"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_more_words_than_a_name_has_are_left_out() -> None:
    assert len(words_of(" ".join(f"w{number}" for number in range(1_000)))) == MOST_WORDS


@pytest.mark.parametrize(
    ("traits", "found"),
    [
        ({}, ()),
        ({"firstName": "Änn", "last_name": "Lee"}, (("name_word", "ann"), ("name_word", "lee"))),
        ({"name": "Ann Lee", "first_name": "ann"}, (("name_word", "ann"), ("name_word", "lee"))),
        ({"email": "A@b.example", "emails": ["c@d.example", 7]}, (("email", "A@b.example"), ("email", "c@d.example"))),
        ({"phoneNumber": "+49 170 1"}, (("phone", "+49 170 1"),)),
        ({"address": "Main Street", "birthday": "1990-01-01", "name": None}, ()),
        ({"name": {"first": "Ann"}}, ()),
    ],
)
def test_what_somebody_is_found_by(traits: dict[str, Any], found: tuple[tuple[str, str], ...]) -> None:
    assert searchable({name: TraitValue(value, "app", 1, 2) for name, value in traits.items()}) == found
