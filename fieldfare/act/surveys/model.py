"""Nouns of surveys: the question in each language, what an answer may be, who was asked. No behaviour."""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant

MOST_COMMENT = 2_000
"""Characters of what people may write beside their answer."""


class Kind(StrEnum):
    """What is asked for."""

    NPS = "nps"
    """0 to 10: how likely somebody recommends us."""
    RATING = "rating"
    """1 to 5."""
    YES_NO = "yes_no"
    CHOICE = "choice"
    """One of the survey's own choices."""
    WORDS = "words"
    """Only what people write."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey says in one language; what is empty is said as in the survey's own."""

    question: str = ""
    low: str = ""
    """What the lowest number means."""
    high: str = ""
    thanks: str = ""
    choices: dict[str, str] = {}
    """How choices are called, by name."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """One question."""

    name: str
    kind: Kind
    words: Words
    locales: dict[str, Words] = {}
    """By language in two letters."""
    choices: tuple[str, ...] = ()
    has_comment: bool = False
    trait: str | None = None
    """Trait that the answer sets."""
    lasts_us: int
    """How long after it was asked an answer is taken."""


class SurveyClaim(msgspec.Struct, frozen=True, array_like=True, tag="survey"):
    """What a link carries, sealed: who was asked what, and by which message."""

    survey: str
    profile_id: int
    address_hash: bytes
    proposal_id: str
    channel: str
    language: str | None
    asked_at: Instant


class FormClaim(msgspec.Struct, frozen=True, array_like=True, tag="survey-form"):
    """For which link a form was shown, and when."""

    token: str
    shown_at: Instant


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that may be taken: a number, a choice, or words alone; and what was written beside it."""

    value: Any
    comment: str = ""


class Wrong(StrEnum):
    """Why an answer cannot be taken."""

    MISSING = "problem_missing"
    TOO_LONG = "problem_long"
