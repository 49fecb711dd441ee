"""Which traits are personal: those declared so, and a shipped list of names that always are.

Personal traits are sealed by the caller and never stand in a document in clear. This module names them and seals
nothing.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.collect.personal import is_personal_name
from fieldfare.know.profiles.model import Sensitivity, TraitSpec


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
