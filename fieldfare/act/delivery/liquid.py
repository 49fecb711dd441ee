"""The two Liquid environments: plain text, and HTML that escapes every value.

Templates are written by the workspace's owner and filled with values that customers typed. So nothing in a template may
read a clock, a file or another template, run for long, or let a value into HTML unescaped; missing values are errors.
This module compiles; it does not choose values (see :mod:`fieldfare.act.delivery.render`).
"""

from datetime import date, datetime
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.exceptions import FilterArgumentError, UndefinedError
from liquid.undefined import FalsyStrictUndefined, is_undefined

_NO_FILTERS = ("safe", "base64_decode", "base64_url_safe_decode", "url_decode", "escape_once")
"""Filters that make a value count as already escaped, or decode one that hides markup."""
_NO_TAGS = ("include", "render")
"""Tags that read other templates."""


class _Environment(Environment):
    loop_iteration_limit = 10_000
    output_stream_limit = 512 * 1024
    local_namespace_limit = 512 * 1024


def _date(value: Any, fmt: Any = "%Y-%m-%d") -> str:
    """Write a date or date-time given as a value or as ISO text. The clock (`now`, `today`) is not to be had here."""
    if is_undefined(value):
        raise UndefinedError(value.msg, token=value.token)
    if isinstance(value, date):
        return value.strftime(str(fmt))
    try:
        return datetime.fromisoformat(str(value)).strftime(str(fmt))
    except ValueError as error:
        message = "date expects an ISO date or date-time, not a word such as `now`"
        raise FilterArgumentError(message, token=None) from error


def _environment(*, autoescape: bool) -> Environment:
    environment = _Environment(undefined=FalsyStrictUndefined, autoescape=autoescape)
    for name in _NO_FILTERS:
        del environment.filters[name]
    for name in _NO_TAGS:
        del environment.tags[name]
    environment.filters["date"] = _date
    return environment


_PLAIN = _environment(autoescape=False)
_HTML = _environment(autoescape=True)


def compile_plain(source: str) -> BoundTemplate:
    """Compile plain text. Raises ``LiquidError`` when it is not Liquid."""
    return _PLAIN.from_string(source)


def compile_html(source: str) -> BoundTemplate:
    """Compile HTML; values are escaped. Raises ``LiquidError`` when it is not Liquid."""
    return _HTML.from_string(source)


def known_filters() -> frozenset[str]:
    """Return the names of the filters that a template may use."""
    return frozenset(_PLAIN.filters)
