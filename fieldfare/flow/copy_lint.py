"""Warn of wording that hurts: a text message nobody knows the sender of, one without a way out, a subject that shouts.

Pure. Warnings only: a workspace with them works. What a channel cannot carry at all is an error (``message_checks``).
Values are not known here; a piece of Liquid counts as a short word when lengths are measured.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.model import Capabilities
from fieldfare.act.delivery.replies import REPLY_TRAPS, says_how_to_leave
from fieldfare.act.delivery.segments import beyond_gsm, segments_of
from fieldfare.act.delivery.wording import Template
from fieldfare.flow.message_checks import channel_abilities
from fieldfare.flow.workspace_references import sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Settings, Severity

LONGEST_SUBJECT = 70
"""Characters; most mail programs cut what is beyond."""
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_STANDS_FOR = "Alexandra"
_PLAIN_LINK = re.compile(r"\bhttp://(?!127\.0\.0\.1|localhost)[^\s\"'<>]*", re.IGNORECASE)
_REPLY = re.compile(r"\b(?i:reply|answer|text|send|antworten?)\b[^.!?\n]{0,20}?\b([A-Z]{3,7})\b")
_LEAST_CAPITALS = 8


class _Words(msgspec.Struct, frozen=True):
    """One written part and where it stands."""

    path: Path
    part: str
    source: str


def copy_warnings(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell what in the words of templates is likely to hurt."""
    abilities = channel_abilities(loaded)
    brand = _brand(loaded)
    free = _free(loaded)
    for one in loaded:
        if one.kind.name != "template" or not isinstance(one.value, dict) or one.noun is None:
            continue
        can = abilities.get(str(one.value.get("channel")))
        is_phone = can is not None and can.address == "phone"
        for words in _words((), one.value):
            found = [*_links(words), *_subject(words)]
            if is_phone and can is not None and words.part == "text":
                is_marketing = one.noun.name not in free
                found += _text_message(words, brand, can, is_marketing=is_marketing)
            yield from (one.problem(problem, Severity.WARNING) for problem in found)


def _words(at: Path, value: Any) -> Iterator[_Words]:
    """Yield every part of a template's wordings and fallbacks."""
    if not isinstance(value, dict):
        return
    for part in ("subject", "text", "html", "mjml"):
        if isinstance(value.get(part), str):
            yield _Words((*at, part), part, value[part])
    yield from _words((*at, "fallback"), value.get("fallback"))
    locales = value.get("locales")
    for name, words in (locales if isinstance(locales, dict) else {}).items():
        yield from _words((*at, "locales", name), words)


def _brand(loaded: Sequence[Loaded]) -> str:
    settings = next((one.noun for one in loaded if isinstance(one.noun, Settings)), None)
    return settings.brand.name if settings is not None else ""


def _free(loaded: Sequence[Loaded]) -> set[str]:
    """Return the templates whose every use is for a purpose that needs no consent."""
    consent = next((one.noun for one in loaded if one.kind.name == "consent"), None)
    free = {name for name, each in consent.purposes.items() if not each.required} if consent is not None else set()
    uses: dict[str, set[str]] = {}
    for one in loaded:
        if one.kind.name == "journey" and isinstance(one.value, dict):
            for _, send in sends(one.value):
                purpose = str(send.get("purpose", one.value.get("purpose", "marketing")))
                uses.setdefault(str(send.get("template")), set()).add(purpose)
        elif one.kind.name == "template" and isinstance(one.noun, Template) and one.noun.purpose is not None:
            uses.setdefault(one.noun.name, set()).add(one.noun.purpose)
    return {name for name, purposes in uses.items() if purposes <= free}


def _links(words: _Words) -> Iterator[Problem]:
    match = _PLAIN_LINK.search(words.source)
    if match and "w3.org" not in match[0]:
        what = f"the link `{match[0][:60]}` is not https"
        yield Problem(
            words.path, what, "Mail programs warn of it, and carriers drop messages with it", "Write `https://`"
        )


def _subject(words: _Words) -> Iterator[Problem]:
    if words.part != "subject":
        return
    plain = _measured(words.source)
    letters = [letter for letter in _TAG.sub("", _VALUE.sub("", words.source)) if letter.isalpha()]
    if len(letters) >= _LEAST_CAPITALS and all(letter.isupper() for letter in letters):
        yield Problem(
            words.path, "the subject is all capitals", "Filters and readers take it for spam", "Write it as a sentence"
        )
    if len(plain) > LONGEST_SUBJECT:
        what = f"the subject has about {len(plain)} characters"
        yield Problem(
            words.path, what, f"Mail programs show some {LONGEST_SUBJECT}", "Say the point first, and shorten it"
        )


def _text_message(words: _Words, brand: str, can: Capabilities, *, is_marketing: bool) -> Iterator[Problem]:
    source, plain = words.source, _measured(words.source)
    if "brand.name" not in source and not (brand and brand.lower() in source.lower()):
        why = "A number says nothing, and carriers ask for the sender's name"
        yield Problem(words.path, "the text message does not say who writes", why, "Begin with `{{ brand.name }}:`")
    if is_marketing and not says_how_to_leave(source) and "unsubscribe_url" not in source:
        why = "Its purpose needs consent, and carriers ask for the way out in so many words"
        fix = "End with `Reply STOP to opt out`; it is added where it is missing, and then counts to the length"
        yield Problem(words.path, "the text message does not say how to opt out", why, fix)
    for match in _REPLY.finditer(source):
        if match[1].lower() in REPLY_TRAPS:
            what = f"it asks for the answer {match[1]}"
            why = "Providers take that word for a wish to get messages again, and may keep it from us"
            yield Problem(words.path, what, why, "Ask for another word, such as BOOK, or send a link")
    segments = segments_of(plain)
    if can.max_segments is not None and segments.count > can.max_segments:
        what = f"the text takes about {segments.count} segments, and the channel allows {can.max_segments}"
        yield Problem(words.path, what, "It would be refused", "Shorten it, or raise `max_segments`")
    odd = beyond_gsm(plain)
    if odd and segments.count > 1:
        what = f"`{''.join(odd)[:12]}` makes the text take {segments.count} segments"
        why = "Letters outside the GSM alphabet leave 67 of 153 characters to a segment"
        yield Problem(words.path, what, why, "Write it without them, or accept the price")


def _measured(source: str) -> str:
    """Return the source as long as a message will be, about: the tags away, a word for each value."""
    return _TAG.sub("", _VALUE.sub(_STANDS_FOR, source)).strip()
