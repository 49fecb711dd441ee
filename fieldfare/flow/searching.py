"""Keyed hashes of the words and addresses by which people are found, and of what is searched. Pure but for the hash.

Nothing is looked up here. Addresses have the normal form that identity and consent use, so that all meet.
"""

from collections.abc import Callable, Iterable

from fieldfare.flow.work import Work
from fieldfare.know.identity.normal import Regions, normal_email, normal_phone
from fieldfare.know.profiles.search_words import EMAIL, NAME_WORD, PHONE, words_of

Hash = Callable[[str, str], bytes]


def _normal(kind: str, text: str, region: str | None) -> str | None:
    if kind == NAME_WORD:
        return text
    return normal_email(text) if kind == EMAIL else normal_phone(text, region)


def hashes_of(pairs: Iterable[tuple[str, str]], hash_of: Hash, region: str | None = None) -> set[bytes]:
    """Return the hashes of (kind, text) pairs, without addresses that are none.

    ``region`` is the country of telephone numbers without a country code.
    """
    normal = ((kind, _normal(kind, text, region)) for kind, text in pairs)
    return {hash_of(kind, text) for kind, text in normal if text is not None}


def search_words(works: Iterable[Work], hash_of: Hash, regions: Regions) -> dict[int, set[bytes]]:
    """Return, of the profiles whose names or addresses changed, the hashes by which they are found from now on."""
    found = ((work, work.search_changes()) for work in works)
    return {
        work.profile_id: hashes_of(pairs, hash_of, regions.of(work.document.home_location))
        for work, pairs in found
        if pairs is not None
    }


def asked_for(text: str, hash_of: Hash, region: str | None = None) -> list[bytes]:
    """Return the hashes that a person must all have to answer to a search; empty when nothing can be searched for."""
    for kind in (EMAIL, PHONE):
        normal = _normal(kind, text, region)
        if normal is not None:
            return [hash_of(kind, normal)]
    return [hash_of(NAME_WORD, word) for word in words_of(text)]
