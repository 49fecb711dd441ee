"""The two Liquid environments: plain text, and HTML that escapes every value.

Templates are written by the workspace's owner and filled with values that customers typed. So nothing in a template may
read a clock, a file or another template, run for long, or let a value into HTML unescaped; missing values are errors.
This module compiles; it does not choose values (see :mod:`fieldfare.act.delivery.render`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from liquid import BoundTemplate, Environment, Node, escape
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.exceptions import FilterArgumentError, UndefinedError
from liquid.undefined import FalsyStrictUndefined, is_undefined

_NO_FILTERS = ("safe", "base64_decode", "base64_url_safe_decode", "url_decode", "escape_once")
"""Filters that make a value count as already escaped, or decode one that hides markup."""
_NO_TAGS = ("include", "render")
"""Tags that read other templates."""


class _Template(BoundTemplate):
    """A template that fills the plain case itself: text, and values that are text and stand there as they are.

    Everything else, a value that is missing before all, is left to Liquid, whose answer is the same and slower.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pieces = _pieces(self.nodes)

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Render with these values."""
        made = _joined(self._pieces, kwargs, autoescape=self.env.autoescape) if self._pieces and not args else None
        return super().render(*args, **kwargs) if made is None else made


def _pieces(nodes: Sequence[Node]) -> list[str | tuple[str, ...]]:
    """Return a template as texts and paths to values; empty when there is more in it."""
    found: list[str | tuple[str, ...]] = []
    for node in nodes:
        if isinstance(node, ContentNode):
            found.append(node.text)
            continue
        told = node.expression if type(node) is OutputNode else None
        if not isinstance(told, FilteredExpression) or told.filters or not isinstance(told.left, Path):
            return []
        if not all(isinstance(name, str) for name in told.left.path):
            return []
        found.append(tuple(str(name) for name in told.left.path))
    return found


def _joined(pieces: list[str | tuple[str, ...]], values: dict[str, Any], *, autoescape: bool) -> str | None:
    """Return the text, ``None`` when a value is anything but text in plain dictionaries, or all is very long."""
    made = []
    for piece in pieces:
        told: Any = piece
        if type(piece) is tuple:
            told = values
            for name in piece:
                told = told.get(name) if type(told) is dict else None
            if type(told) is not str:
                return None
            told = escape(told) if autoescape else told
        made.append(told)
    text = "".join(made)
    return text if len(text) * _BYTES_A_LETTER < _Environment.output_stream_limit else None


_BYTES_A_LETTER = 4


class _Environment(Environment):
    template_class = _Template
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
