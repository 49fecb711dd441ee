"""Which traits are personal: those declared so, and names that always are: a shipped list, and kinds of identifier.

Personal traits are sealed by the caller and never stand in a document in clear. This module names them and seals
nothing.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.collect.personal import IsPersonal, is_personal_name
from fieldfare.know.profiles.model import Sensitivity, TraitSpec


def is_personal(name: str, value: Any, specs: Mapping[str, TraitSpec], is_named: IsPersonal = is_personal_name) -> bool:
    """Return whether the trait must be sealed; ``is_named`` tells the names that always are.

    An undeclared object or list is personal when a key anywhere inside it is such a name.
    """
    spec = specs.get(name)
    if (spec is not None and spec.sensitivity is not Sensitivity.NONE) or is_named(name):
        return True
    return spec is None and type(value) in {dict, list} and _holds_personal_name(value, is_named)


def _holds_personal_name(value: Any, is_named: IsPersonal) -> bool:
    # A stack instead of recursion: the depth of a value is the sender's choice.
    open_values = [value]
    while open_values:
        inner = open_values.pop()
        if isinstance(inner, dict):
            if any(is_named(key) for key in inner):
                return True
            open_values.extend(inner.values())
        elif isinstance(inner, list):
            open_values.extend(inner)
    return False
