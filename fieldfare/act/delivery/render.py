"""Render a template with one profile's values. Pure: no clock, no file, no network.

A value that is missing is an answer (:class:`RenderFailure`, naming the variable), never an empty hole in a message and
never an exception. A marketing e-mail always carries a way out: when its own text has no unsubscribe link, a footer is
appended. This module does not decide whether the message may go.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError, UndefinedError

from fieldfare.act.delivery.model import Message
from fieldfare.decide.journeys.model import Proposal

ROOTS = ("profile", "brand", "event", "unsubscribe_url")
"""Names that every template may use; a step's variables cannot replace them."""

_UNDEFINED = re.compile(r"^'?(.+?)'? is undefined")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled template. ``required`` are the variables that the step must set."""

    name: str
    channel: str
    subject: BoundTemplate | None
    text: BoundTemplate
    html: BoundTemplate | None
    defaults: dict[str, Any]
    required: frozenset[str]
    sources: tuple[str, ...]
    """Subject, text and html as written, for fingerprints."""
    incentive: str | None = None
    """What the message gives away."""


class RenderFailure(msgspec.Struct, frozen=True):
    """A message could not be made: which part, which variable was missing (if that was it), and why. Holds no value."""

    part: str
    variable: str | None
    why: str


def render(
    template: Template,
    proposal: Proposal,
    *,
    to: str,
    profile: Mapping[str, Any],
    brand: Mapping[str, Any],
    unsubscribe_url: str,
    marketing: bool,
) -> Message | RenderFailure:
    """Return the message for ``to``, or why there is none.

    ``profile`` are the traits (a ``None`` counts as missing), ``marketing`` says that the purpose needs consent: then
    the one-click headers (RFC 8058) and, where the text lacks a link, a footer are added.
    """
    values: dict[str, Any] = {name: value for name, value in template.defaults.items() if value is not None}
    values.update(proposal.variables)
    values.setdefault("event", {})
    values["profile"] = {name: value for name, value in profile.items() if value is not None}
    values["brand"] = {name: value for name, value in brand.items() if value is not None}
    values["unsubscribe_url"] = unsubscribe_url
    parts: dict[str, str] = {}
    for part, source in (("subject", template.subject), ("text", template.text), ("html", template.html)):
        if source is None:
            continue
        made = _fill(part, source, values)
        if isinstance(made, RenderFailure):
            return made
        parts[part] = made
    text, html = parts["text"], parts.get("html")
    if marketing:
        text, html = _with_way_out(text, html, brand, unsubscribe_url)
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
    )


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


def _with_way_out(text: str, html: str | None, brand: Mapping[str, Any], url: str) -> tuple[str, str | None]:
    sender = ", ".join(str(brand[name]) for name in ("name", "postal_address") if brand.get(name))
    if url not in text:
        text = f"{text.rstrip()}\n\n-- \n{sender}\nUnsubscribe: {url}\n"
    if html is not None and escape(url) not in html and url not in html:
        link = f'<a href="{escape(url)}">Unsubscribe</a>'
        footer = f'<p style="font-size:12px;color:#666">{escape(sender)}<br>{link}</p>'
        end = _last_body_end(html)
        html = html[:end] + footer + html[end:]
    return text, html


def _last_body_end(html: str) -> int:
    ends = [match.start() for match in _BODY_END.finditer(html)]
    return ends[-1] if ends else len(html)
