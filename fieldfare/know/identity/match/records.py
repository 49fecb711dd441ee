"""From what sources or profiles say of people to records that can be compared. Pure; all values stay in memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.know.identity.match.columns import fields_of
from fieldfare.know.identity.match.model import Field, Record
from fieldfare.know.identity.match.normalise import day_first, normal_values


class Person(msgspec.Struct, frozen=True, gc=False):
    """What one source says of one person, as it came."""

    id: str
    values: Mapping[str, Any]


def records_of(source: str, people: Sequence[Person], told: Mapping[str, Field | None] | None = None) -> list[Record]:
    """Return one record per person, in their order. ``told``: what columns hold where their names do not say it."""
    flat = [_flat(person.values) for person in people]
    columns = fields_of(dict.fromkeys(name for each in flat for name in each), told)
    of_field = {field: column for column, field in columns.items()}
    births = of_field.get(Field.BIRTH)
    is_day_first = births is not None and day_first(each[births] for each in flat if births in each)
    return [
        Record(source, person.id, normal_values(_chosen(each, of_field), is_day_first=is_day_first))
        for person, each in zip(people, flat, strict=True)
    ]


def _chosen(values: Mapping[str, str], of_field: Mapping[Field, str]) -> dict[Field, str]:
    return {field: values[column] for field, column in of_field.items() if column in values}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return text by name; what stands inside an object is named after both: ``address.street``."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, (str, int, float)):
            found[prefix + name] = str(value)
    return found


def columns_of(people: Iterable[Person]) -> dict[str, Field]:
    """Return which columns are understood, for telling them."""
    return fields_of(dict.fromkeys(name for person in people for name in _flat(person.values)))
