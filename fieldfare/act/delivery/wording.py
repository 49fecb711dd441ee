"""A compiled template: its words by language, what stands in for missing values, and the bounds of what varies. Pure.

Nouns and look-ups only; ``render`` fills them.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from liquid import BoundTemplate

from fieldfare.ground.instants import Instant

OWN = ""
"""Name of the wording that stands in the template itself, without a language."""
USUAL_LENGTH = 500
"""Most characters of a variable's value where its declaration names no other bound."""


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """A message in one language. Without ``text`` the plain text is made from the HTML."""

    subject: BoundTemplate | None = None
    text: BoundTemplate | None = None
    html: BoundTemplate | None = None

    def parts(self) -> Iterator[tuple[str, BoundTemplate]]:
        """Yield the parts that there are."""
        for name in ("subject", "text", "html"):
            part = getattr(self, name)
            if part is not None:
                yield name, part


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What a variable's value may be."""

    max_length: int = USUAL_LENGTH
    one_of: tuple[str, ...] = ()

    def broken_by(self, value: Any) -> str | None:
        """Return what the value breaks, ``None`` when it is in bounds. Quotes no value."""
        if self.one_of and str(value) not in self.one_of:
            return "its value is none of those declared"
        if isinstance(value, str) and len(value) > self.max_length:
            return f"its value has {len(value)} characters, and at most {self.max_length} are allowed"
        return None


class LocationField(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a place may set for itself."""

    default: str
    locked: bool = False
    max_length: int = 200


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What templates may say of a person's home location."""

    name: str
    title: str
    fields: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled template. ``required`` are the variables that the step must set."""

    name: str
    channel: str
    wordings: dict[str, Wording]
    """By locale in lower case (``de``, ``de-at``), and :data:`OWN`."""
    fallbacks: dict[str, Wording] = {}
    """Likewise: what is sent when a value is missing."""
    purpose: str | None = None
    defaults: dict[str, Any]
    required: frozenset[str]
    limits: dict[str, Limit] = {}
    location_fields: dict[str, LocationField] = {}
    reason: BoundTemplate | None = None
    human: BoundTemplate | None = None
    last_useful_us: Instant | None = None
    is_tracked: bool = True
    incentive: str | None = None
    """What the message gives away."""
    tags: tuple[str, ...] = ()
    """What caps and other rules of the gate may ask for."""

    @property
    def own(self) -> Wording:
        """Return the wording without a language."""
        return self.wordings[OWN]

    def parts(self) -> Iterator[tuple[str, str, BoundTemplate]]:
        """Yield every compiled part: where it stands (``de``, ``de/fallback``), its name, and itself."""
        for locale, wording in self.wordings.items():
            for name, part in wording.parts():
                yield locale, name, part
        for locale, wording in self.fallbacks.items():
            for name, part in wording.parts():
                yield f"{locale}/fallback", name, part
        for name in ("reason", "human"):
            line = getattr(self, name)
            if line is not None:
                yield OWN, name, line

    @property
    def sources(self) -> dict[str, str]:
        """Return every part as written, with the blocks that stand in it; compiled parts are never equal."""
        return {f"{where} {name}".strip(): str(part) for where, name, part in self.parts()}

    def wording_for(self, language: str | None) -> str:
        """Return the name of the wording for a person's language: with its region, without it, else the own one."""
        for wanted in _narrowing(language):
            if wanted in self.wordings:
                return wanted
        return OWN

    def fallback_for(self, locale: str) -> Wording | None:
        """Return what stands in for a wording, in its language if there is one."""
        return next((self.fallbacks[name] for name in (*_narrowing(locale), OWN) if name in self.fallbacks), None)


def locale_name(text: str) -> str:
    """Return a locale as it is compared: ``de_AT`` and ``de-AT`` are ``de-at``."""
    return text.strip().lower().replace("_", "-")


def is_locale(text: str) -> bool:
    """Whether the text is a language, with a script or a region or without."""
    return re.fullmatch(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", locale_name(text)) is not None


def _narrowing(language: str | None) -> Iterator[str]:
    """Yield the locale and those it lies in, the narrowest first."""
    name = locale_name(language or "")
    while name:
        yield name
        name = name.rpartition("-")[0]
