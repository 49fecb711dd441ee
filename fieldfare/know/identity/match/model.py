"""Nouns of matching: what a column holds, a model with its levels, scored pairs, suggestions. No behaviour.

A model is plain data: it is stored as JSON, read by people, and given back to score with. It holds no value of anybody;
the frequencies of values that scoring uses are counted anew from the data each time.
"""

from enum import StrEnum
from typing import Any

import msgspec

VERSION = 1
"""Of the form of stored models; another form is never read as this one."""


class Field(StrEnum):
    """What a column of a person's record holds."""

    GIVEN = "given_name"
    SURNAME = "surname"
    FULL_NAME = "full_name"
    MIDDLE = "middle_name"
    BIRTH = "date_of_birth"
    SEX = "sex"
    EMAIL = "email"
    PHONE = "phone"
    NATIONAL_ID = "national_id"
    MEMBERSHIP_ID = "membership_id"
    NUMBER = "street_number"
    STREET = "street"
    LINE_2 = "address_line_2"
    POSTCODE = "postcode"
    CITY = "city"
    STATE = "state"


class Record(msgspec.Struct, frozen=True, gc=False):
    """One person as one source has them. ``values`` are in normal form, in memory only."""

    source: str
    id: str
    values: dict[str, str]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One degree of agreement of a comparison; of several that hold, the first counts."""

    label: str
    """In words, without a value: it is what a reviewer reads."""
    condition: str
    """SQL over the columns of two records, ``_l`` and ``_r``."""
    is_missing: bool = False
    """The comparison says nothing where this holds."""
    rare: str | None = None
    """Column whose value's own frequency counts instead of the average: a rare name says more than a common one."""
    m: float = 0.0
    """Share of pairs of one person in which it holds; of those that say anything."""
    u: float = 0.0
    """The same for pairs of two unrelated people."""
    others: tuple[float, ...] = ()
    """The same for each of the model's relations between two different people."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How two records are compared in one respect. Levels stand from agreement to disagreement."""

    name: str
    fields: tuple[str, ...]
    levels: tuple[Level, ...]


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A way for two different people to look alike."""

    name: str
    """In words."""
    agree: frozenset[str]
    """Comparisons in which they agree because of it."""
    share: float = 0.0
    """Of all pairs of records."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that scoring needs and a person can review."""

    version: int = VERSION
    fields: tuple[str, ...]
    unused: tuple[str, ...] = ()
    """Columns that were given and say nothing: empty, or the same for nearly everybody."""
    blocking: tuple[str, ...]
    """Conditions of which one must hold for a pair to be looked at."""
    comparisons: tuple[Comparison, ...]
    same: float
    """Share of pairs, picked at random, that are one person."""
    relations: tuple[Relation, ...]
    """What else two records may be to each other; the rest is unrelated."""
    records: int
    """Records that it was trained on."""
    pairs: int
    """Pairs that were looked at in training."""


class Pair(msgspec.Struct, frozen=True, gc=False):
    """Two records, by their place among those scored, and how sure the model is."""

    left: int
    right: int
    probability: float
    """That they are one person, by the model."""
    others: tuple[float, ...] = ()
    """That they stand in each of the model's relations, as two people."""
    levels: tuple[int, ...] = ()
    """Per comparison of the model, which of the levels that say something holds; -1: none, a value is missing."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question for a person: are these two profiles one? It joins nobody."""

    id: bytes
    """The same for the same two profiles, whatever the model."""
    a: int
    b: int
    """Profile ids, the smaller first."""
    confidence: int
    """Percent, calibrated: of a hundred such pairs, so many are one person."""
    explanation: dict[str, Any]
    """What agreed and what did not, in words and bits of evidence; no value of anybody."""
    model: str
    """Fingerprint of the model that found it."""
