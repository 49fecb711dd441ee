"""Names of fields and traits that are personal whatever is declared of others: one list for the lake and for profiles.

In any spelling style: ``first_name``, ``firstName``, ``First-Name`` are one name. Knows no value and seals nothing.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

IsPersonal = Callable[[str], bool]

PERSONAL_NAMES = frozenset(
    {
        "address",
        "birth_date",
        "birthday",
        "date_of_birth",
        "email",
        "email_address",
        "emails",
        "first_name",
        "full_name",
        "ip",
        "ip_address",
        "last_name",
        "mobile",
        "name",
        "phone",
        "phone_number",
        "phones",
        "primary_email",
        "primary_phone",
        "street",
    }
)
"""In snake case. In events, a contract may declare one of them ``none``."""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


PERSONAL_SPELLINGS = PERSONAL_NAMES | {_camel(name) for name in PERSONAL_NAMES}
"""The names in snake and in camel case."""
_PLAIN_LETTERS = str.maketrans("", "", "_- ")


def _plain(name: str) -> str:
    return name.translate(_PLAIN_LETTERS).lower()


_PLAIN_NAMES = frozenset(_plain(name) for name in PERSONAL_NAMES)


@lru_cache(maxsize=4_096)
def is_personal_name(name: str) -> bool:
    """Return whether the name is on the list, in any case and with or without ``_``, ``-`` and spaces."""
    return _plain(name) in _PLAIN_NAMES


def personal_with(names: Iterable[str]) -> IsPersonal:
    """Return what tells whether a name is on the list or among ``names``, in any spelling style."""
    plain = _PLAIN_NAMES | {_plain(name) for name in names}

    @lru_cache(maxsize=4_096)
    def is_one(name: str) -> bool:
        return _plain(name) in plain

    return is_one
