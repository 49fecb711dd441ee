"""Render a template with one profile's values. Pure: no clock, no file, no network.

A value that is missing, or a variable beyond its bounds, is an answer (:class:`RenderFailure`, naming it), never an
empty hole in a message and never an exception. Where the template has a fallback, that is sent instead. A marketing
message always carries a way out: when its own text has none, a line is appended. This module does not decide whether
the message may go.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError, UndefinedError

from fieldfare.act.delivery.model import Message
from fieldfare.act.delivery.plain_text import text_of
from fieldfare.act.delivery.replies import says_how_to_leave
from fieldfare.act.delivery.wording import OWN, Place, Template, Wording
from fieldfare.decide.journeys.model import Proposal

ROOTS = (
    "profile",
    "brand",
    "event",
    "location",
    "unsubscribe_url",
    "preferences_url",
    "confirm_url",
    "survey_url",
    "reason",
    "human",
)
"""Names that every template may use; a step's variables cannot replace them."""

_UNDEFINED = re.compile(r"^'?(.+?)'? is undefined")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_LEAVE = {"": "Unsubscribe", "de": "Abmelden", "fr": "Se désabonner", "es": "Darse de baja", "it": "Disiscriviti",
          "pt": "Cancelar subscrição", "nl": "Afmelden"}  # fmt: skip
_REPLY = {"": "Reply STOP to opt out", "de": "Abmelden: STOP antworten", "fr": "STOP pour se désabonner",
          "es": "Responda STOP para la baja", "it": "Rispondi STOP per uscire", "pt": "Responda STOP para sair",
          "nl": "Antwoord STOP om te stoppen"}  # fmt: skip
"""The way out by language; a template that wants other words writes its own."""


class RenderFailure(msgspec.Struct, frozen=True):
    """A message could not be made: which part, which variable was missing (if that was it), and why. Holds no value."""

    part: str
    variable: str | None
    why: str


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a person is written to."""

    language: str | None = None
    place: Place | None = None
    """Home location."""
    opt_out: str = "link"
    """How people leave on the channel: by the ``link``, or by ``reply``."""
    pages: Mapping[str, str] = {}
    """Links to the person's own pages, by the name of their variable."""


def render(
    template: Template,
    proposal: Proposal,
    *,
    to: str,
    profile: Mapping[str, Any],
    brand: Mapping[str, Any],
    unsubscribe_url: str,
    marketing: bool,
    manner: Manner | None = None,
) -> Message | RenderFailure:
    """Return the message for ``to``, or why there is none.

    ``profile`` are the traits (a ``None`` counts as missing), ``marketing`` says that the purpose needs consent: then
    the one-click headers (RFC 8058) and, where the text lacks it, a way out are added.
    """
    manner = manner or Manner()
    place = manner.place
    values = _values(template, proposal, profile, brand, place)
    values |= {"unsubscribe_url": unsubscribe_url, **manner.pages}
    locale = template.wording_for(manner.language)
    variant, parts = locale, _made(template, template.wordings[locale], values)
    if isinstance(parts, RenderFailure) and parts.variable is not None:
        fallback = template.fallback_for(locale)
        if fallback is not None:
            _drop_broken(template, values)
            variant, parts = f"{locale}/fallback", _fallback(template, fallback, locale, values)
    if isinstance(parts, RenderFailure):
        return parts
    text, html = parts["text"], parts.get("html")
    text, html = _with_lines(text, html, values)
    if marketing:
        text, html = _with_way_out(text, html, brand, unsubscribe_url, (locale.partition("-")[0], manner.opt_out))
    return Message(
        proposal_id=proposal.id,
        channel=proposal.channel,
        template=template.name,
        to=to,
        subject=_one_line(parts["subject"]) if "subject" in parts else None,
        text=text,
        html=html,
        headers=_one_click(unsubscribe_url) if marketing else {},
        unsubscribe_url=unsubscribe_url if marketing else None,
        location=place.name if place is not None else None,
        variant=variant,
        due_us=proposal.due_us,
    )


def _values(
    template: Template,
    proposal: Proposal,
    profile: Mapping[str, Any],
    brand: Mapping[str, Any],
    place: Place | None,
) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in template.defaults.items() if value is not None}
    values.update(proposal.variables)
    values.setdefault("event", {})
    values["profile"] = {name: value for name, value in profile.items() if value is not None}
    values["brand"] = {name: value for name, value in brand.items() if value is not None}
    values["location"] = location_values(template, place)
    return values


def location_values(template: Template, place: Place | None) -> dict[str, str]:
    """Return what ``location`` holds: each declared field, the place's own value where it may set one in bounds."""
    found = {}
    for name, field in template.location_fields.items():
        own = place.fields.get(name) if place is not None and not field.locked else None
        found[name] = own if own is not None and len(own) <= field.max_length else field.default
    return found | ({"name": place.name, "title": place.title} if place is not None else {})


def _made(template: Template, wording: Wording, values: dict[str, Any]) -> dict[str, str] | RenderFailure:
    """Return the parts of a wording, its lines among the values; or what is missing or out of bounds first."""
    return _within_limits(template, values) or _lines(template, values) or _fill_all(wording, values)


def _within_limits(template: Template, values: Mapping[str, Any]) -> RenderFailure | None:
    for name, limit in template.limits.items():
        broken = limit.broken_by(values[name]) if name in values else None
        if broken is not None:
            return RenderFailure("variables", name, broken)
    return None


def _drop_broken(template: Template, values: dict[str, Any]) -> None:
    """Take values that are out of bounds away, so that nothing that stands in for the message can hold one."""
    for name, limit in template.limits.items():
        if name in values and limit.broken_by(values[name]) is not None:
            del values[name]


def _lines(template: Template, values: dict[str, Any]) -> RenderFailure | None:
    """Fill the reason and the way to a person, and put them among the values."""
    for name in ("reason", "human"):
        line = getattr(template, name)
        if line is None:
            continue
        made = _fill(name, line, values)
        if isinstance(made, RenderFailure):
            return made
        values[name] = made.strip()
    return None


def _fallback(
    template: Template, fallback: Wording, locale: str, values: dict[str, Any]
) -> dict[str, str] | RenderFailure:
    """Fill what stands in; the lines are left out when it was they that could not be filled."""
    parts = _fill_all(fallback, values)
    if isinstance(parts, RenderFailure) or "subject" in parts:
        return parts
    for wording in (template.wordings[locale], template.wordings[OWN]):
        if wording.subject is not None:
            made = _fill("subject", wording.subject, values)
            return made if isinstance(made, RenderFailure) else {**parts, "subject": made}
    return parts


def _fill_all(wording: Wording, values: Mapping[str, Any]) -> dict[str, str] | RenderFailure:
    parts: dict[str, str] = {}
    for part, source in wording.parts():
        made = _fill(part, source, values)
        if isinstance(made, RenderFailure):
            return made
        parts[part] = made
    if "text" not in parts:
        parts["text"] = text_of(parts.get("html", ""))
        if not parts["text"]:
            return RenderFailure("text", None, "the HTML has no text that a plain-text part could be made of")
    return parts


def _fill(part: str, source: BoundTemplate, values: Mapping[str, Any]) -> str | RenderFailure:
    try:
        return source.render(**values)
    except UndefinedError as error:
        match = _UNDEFINED.match(str(error.message))
        return RenderFailure(part, match[1] if match else None, "the profile or the step has no such value")
    except LiquidError as error:
        return RenderFailure(part, None, f"the template failed with {type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - a filter may trip over any value; one bad value must not stop the others
        return RenderFailure(part, None, f"the template failed with {type(error).__name__}")


def _one_line(subject: str) -> str:
    """Return the subject without control characters and line breaks: a value cannot add a header."""
    return " ".join(_CONTROL.sub(" ", subject).split())


def _one_click(url: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _with_lines(text: str, html: str | None, values: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the parts with the reason and the way to a person at their end, where they do not stand there already."""
    lines = [line for name in ("reason", "human") if (line := values.get(name))]
    missing = [line for line in lines if line not in text]
    if missing:
        text = f"{text.rstrip()}\n\n{' '.join(missing)}\n"
    if html is not None:
        absent = [escape(line) for line in lines if line not in html and escape(line) not in html]
        if absent:
            html = _before_end(html, f'<p style="font-size:12px;color:#666">{"<br>".join(absent)}</p>')
    return text, html


def _with_way_out(
    text: str, html: str | None, brand: Mapping[str, Any], url: str, way: tuple[str, str]
) -> tuple[str, str | None]:
    language, opt_out = way
    if opt_out == "reply":
        if not says_how_to_leave(text) and url not in text:
            text = f"{text.rstrip()} {_REPLY.get(language, _REPLY[''])}"
        return text, html
    word = _LEAVE.get(language, _LEAVE[""])
    sender = ", ".join(str(brand[name]) for name in ("name", "postal_address") if brand.get(name))
    if url not in text:
        text = f"{text.rstrip()}\n\n-- \n{sender}\n{word}: {url}\n"
    if html is not None and escape(url) not in html and url not in html:
        link = f'<a href="{escape(url)}">{word}</a>'
        html = _before_end(html, f'<p style="font-size:12px;color:#666">{escape(sender)}<br>{link}</p>')
    return text, html


def _before_end(html: str, more: str) -> str:
    ends = [match.start() for match in _BODY_END.finditer(html)]
    end = ends[-1] if ends else len(html)
    return html[:end] + more + html[end:]
