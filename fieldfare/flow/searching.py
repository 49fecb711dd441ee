"""Keyed hashes of the words and addresses by which people are found, and of what is searched. Pure but for the hash.

Nothing is looked up here. Addresses have the normal form that identity and consent use, so that all meet.
"""

from collections.abc import Callable, Iterable

from fieldfare.flow.work import Work
from fieldfare.know.identity.normal import normal_email, normal_phone
from fieldfare.know.profiles.search_words import EMAIL, NAME_WORD, PHONE, words_of

Hash = Callable[[str, str], bytes]
_NORMAL: dict[str, Callable[[str], str | None]] = {EMAIL: normal_email, PHONE: normal_phone, NAME_WORD: str}


def hashes_of(pairs: Iterable[tuple[str, str]], hash_of: Hash) -> set[bytes]:
    """Return the hashes of (kind, text) pairs, without addresses that are none."""
    normal = ((kind, _NORMAL[kind](text)) for kind, text in pairs)
    return {hash_of(kind, text) for kind, text in normal if text is not None}


def search_words(works: Iterable[Work], hash_of: Hash) -> dict[int, set[bytes]]:
    """Return, of the profiles whose names or addresses changed, the hashes by which they are found from now on."""
    found = ((work.profile_id, work.search_changes()) for work in works)
    return {profile_id: hashes_of(pairs, hash_of) for profile_id, pairs in found if pairs is not None}


def asked_for(text: str, hash_of: Hash) -> list[bytes]:
    """Return the hashes that a person must all have to answer to a search; empty when nothing can be searched for."""
    for kind in (EMAIL, PHONE):
        normal = _NORMAL[kind](text)
        if normal is not None:
            return [hash_of(kind, normal)]
    return [hash_of(NAME_WORD, word) for word in words_of(text)]
