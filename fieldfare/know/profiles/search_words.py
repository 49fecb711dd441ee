"""By which words a person is found: those of the names, and the addresses, of their personal traits. Pure.

Words are told apart by everything that is no letter and no digit; accents and case do not count. What is stored is the
keyed hash of each, never the word; hashing and the normal form of addresses are the caller's.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from fieldfare.know.profiles.model import TraitValue

NAME_WORD, EMAIL, PHONE = "name_word", "email", "phone"
MOST_WORDS = 24
"""Words of one person that are kept, and words of one search."""
_TRAITS = {
    "firstname": NAME_WORD,
    "lastname": NAME_WORD,
    "name": NAME_WORD,
    "fullname": NAME_WORD,
    "email": EMAIL,
    "emails": EMAIL,
    "primaryemail": EMAIL,
    "phone": PHONE,
    "phones": PHONE,
    "phonenumber": PHONE,
    "primaryphone": PHONE,
}
_SEPARATORS = str.maketrans("", "", "_- ")
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Return the words of a name or of a search, folded, each once, in their order."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_STROKES)
    return list(dict.fromkeys(_WORD.findall(plain)))[:MOST_WORDS]


def searchable(personal: Mapping[str, TraitValue]) -> tuple[tuple[str, str], ...]:
    """Return the (kind, text) pairs a person may be found by: name words folded, addresses as they were told."""
    found: set[tuple[str, str]] = set()
    for name, fact in personal.items():
        kind = _TRAITS.get(name.translate(_SEPARATORS).lower())
        if kind is None:
            continue
        for text in _texts(fact.value):
            found.update((NAME_WORD, word) for word in words_of(text)) if kind == NAME_WORD else found.add((kind, text))
    return tuple(sorted(found)[: 3 * MOST_WORDS])


def address_texts(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the (kind, text) pairs of the addresses among values, as they were told."""
    for name, value in values.items():
        kind = _TRAITS.get(name.translate(_SEPARATORS).lower())
        if kind is not None and kind != NAME_WORD:
            yield from ((kind, text) for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))
