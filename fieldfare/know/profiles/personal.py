"""Which traits are personal: those declared so, and a shipped list of names that always are.

Personal traits are sealed by the caller and never stand in a document in clear. This module names them and seals
nothing.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from fieldfare.know.profiles.model import Sensitivity, TraitSpec

PERSONAL_DEFAULTS = frozenset(
    {
        "address",
        "birthday",
        "date_of_birth",
        "email",
        "emails",
        "first_name",
        "full_name",
        "last_name",
        "name",
        "phone",
        "phone_number",
        "phones",
        "primary_email",
        "primary_phone",
    }
)
"""Names that are personal whatever the workspace declares; camel case and other spellings of them are too."""

_PLAIN_LETTERS = str.maketrans("", "", "_- ")


def _plain(name: str) -> str:
    return name.translate(_PLAIN_LETTERS).lower()


_PLAIN_DEFAULTS = frozenset(_plain(name) for name in PERSONAL_DEFAULTS)


@lru_cache(maxsize=4_096)
def is_personal_name(name: str) -> bool:
    """Return whether the name is on the shipped list, in any case and with or without ``_``, ``-`` and spaces."""
    return _plain(name) in _PLAIN_DEFAULTS


def personal_names(specs: Iterable[TraitSpec]) -> frozenset[str]:
    """Return the names that are personal here: the shipped ones in snake and camel case, and the declared ones."""
    declared = {spec.name for spec in specs if spec.sensitivity is not Sensitivity.NONE}
    return PERSONAL_DEFAULTS | {_camel(name) for name in PERSONAL_DEFAULTS} | declared


def is_personal(name: str, value: Any, specs: Mapping[str, TraitSpec]) -> bool:
    """Return whether the trait must be sealed.

    An undeclared object or list is personal when a key anywhere inside it is on the shipped list.
    """
    spec = specs.get(name)
    if (spec is not None and spec.sensitivity is not Sensitivity.NONE) or is_personal_name(name):
        return True
    return spec is None and type(value) in {dict, list} and _holds_personal_name(value)


def _holds_personal_name(value: Any) -> bool:
    # A stack instead of recursion: the depth of a value is the sender's choice.
    open_values = [value]
    while open_values:
        inner = open_values.pop()
        if isinstance(inner, dict):
            if any(is_personal_name(key) for key in inner):
                return True
            open_values.extend(inner.values())
        elif isinstance(inner, list):
            open_values.extend(inner)
    return False


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
