"""Comparisons with JSON values as Ibis expressions, by the same rules as :mod:`fieldfare.know.profiles.compare`.

Every expression is true or false, never null. A document is looked into once for each key, and what is found is kept as
its JSON text. The functions named here exist in DuckDB; another engine brings its own.
"""

from functools import reduce
from operator import and_, eq, ge, gt, le, lt, or_
from typing import Any

import ibis
import msgspec

from fieldfare.know.profiles.compare import SUM_LIMIT
from fieldfare.know.profiles.model import SCALE, PropertyTest
from fieldfare.know.profiles.values import MOST_TEXT


def _builtin(name: str, returns: str) -> Any:
    def declared(document: Any, path: Any) -> Any: ...

    declared.__name__ = name
    return ibis.udf.scalar.builtin(declared, name=name, signature=(("string", "string"), returns))


_raw_at = _builtin("json_extract", "json")
_text_at = _builtin("json_extract_string", "string")
_items_at = _builtin("json_extract", "array<string>")
_WHOLE = "$"


def pointer(name: str) -> str:
    """Return the JSON pointer of a top-level key, whatever characters it has."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


class Value:
    """One value inside a JSON column, with the comparisons that conditions make.

    What it is shows in the first letters of its JSON text: a look into the document finds that and the kind at once.
    """

    def __init__(self, document: Any, name: str) -> None:
        """Point at the key ``name`` of the JSON text ``document``."""
        self.raw = _raw_at(document, pointer(name)).cast("string")
        self._read = _text_at(document, pointer(name))

    def text(self) -> Any:
        """Return the value when it is a text, else null."""
        return ibis.ifelse(self.raw.startswith('"'), self._read, ibis.null("string"))

    def number(self) -> Any:
        """Return the value as a double when it is a number, else null: no other JSON text reads as one."""
        return self.raw.try_cast("float64")

    def truth(self) -> Any:
        """Return the value when it is true or false, else null."""
        return ibis.ifelse(self.raw.isin(["true", "false"]), self.raw == "true", ibis.null("boolean"))

    def exists(self) -> Any:
        """Return whether there is a value other than null."""
        return sure(self.raw != "null")

    def equals(self, text: str) -> Any:
        """Return whether the value is this text."""
        # Both engines write a text in one way, but for control characters.
        return sure(self.raw == _encoded(text) if text.isprintable() else self.text() == text)

    def has_item(self, text: str) -> Any:
        """Return whether the value is a list with this text among its items."""
        return sure(self.raw.startswith("[") & self._items().contains(_encoded(text)))

    def size(self) -> Any:
        """Return how many items the value has when it is a list, else null."""
        return ibis.ifelse(self.raw.startswith("["), self._items().length(), ibis.null("int64"))

    def _items(self) -> Any:
        return _items_at(self.raw, "$[*]")


class Found(Value):
    """A value that was looked for before: its JSON text stands in a column."""

    def __init__(self, raw: Any) -> None:
        """Wrap the column, which :attr:`Value.raw` of another value filled."""
        self.raw = raw
        self._read = ibis.ifelse(raw.contains("\\"), _text_at(raw, _WHOLE), raw.substr(1, raw.length() - 2))


def _encoded(text: str) -> str:
    return msgspec.json.encode(text).decode()


class Plain:
    """A text column that stands beside the JSON (location, weekday), compared like a JSON text."""

    def __init__(self, column: Any) -> None:
        """Wrap a text column."""
        self._column = column

    def text(self) -> Any:
        """Return the text."""
        return self._column

    def exists(self) -> Any:
        """Return whether there is a text."""
        return self._column.notnull()


COMPARED: dict[str, Any] = {"at_least": ge, "at_most": le, "above": gt, "below": lt, "exactly": eq}
"""Comparisons with whole numbers by their names."""


def always(*, holds: bool) -> Any:
    """Return a literal truth value."""
    return ibis.literal(holds)


def sure(expression: Any) -> Any:
    """Return the expression with null read as false."""
    return ibis.coalesce(expression, always(holds=False))


def holds(value: "Value | Plain | Token", test: PropertyTest) -> Any:
    """Return whether the test holds for the value."""
    operand = test.operand
    match test.operator:
        case "is":
            return _equal(value, operand)
        case "is_not":
            return ~_equal(value, operand)
        case "in":
            return either([_equal(value, item) for item in operand])
        case "not_in":
            return ~either([_equal(value, item) for item in operand])
        case "contains":
            return _contains(value, operand)
        case "starts_with":
            return sure(value.text().startswith(operand))
        case "ends_with":
            return sure(value.text().endswith(operand))
        case "contains_any":
            return either([_contains(value, item) for item in operand])
        case "contains_all":
            return both([_contains(value, item) for item in operand])
        case "size":
            return _sized(value, operand)
        case "exists":
            return value.exists() if operand else ~value.exists()
        case _:
            return _ordered(value, test.operator, operand)


def scaled(value: Value) -> Any:
    """Return the value as whole ten-thousandths, 0 when it is not a number or beyond the limit of sums."""
    return ibis.coalesce(whole(value), 0)


def whole(value: Value) -> Any:
    """Return the value as whole ten-thousandths, null when it is not a number or beyond the limit of sums."""
    amount = value.number()
    scaled_up = (amount * float(SCALE) + 0.5).floor().cast("int64")
    return ibis.ifelse(sure(amount.abs() <= SUM_LIMIT), scaled_up, ibis.null("int64"))


def token(value: Value | Plain) -> Any:
    """Return the value as a token, as :func:`fieldfare.know.profiles.values.token_of`; null when it is none."""
    text = value.text()
    as_text = ibis.ifelse(sure(text.length() <= MOST_TEXT), ibis.literal('"') + text, ibis.null("string"))
    if isinstance(value, Plain):
        return as_text
    truth = ibis.ifelse(value.truth(), "true", "false")
    return ibis.coalesce(as_text, whole(value).cast("string"), ibis.ifelse(value.truth().notnull(), truth, None))


class Token:
    """A column of tokens, compared like the values that they stand for."""

    def __init__(self, column: Any) -> None:
        """Wrap a column."""
        self._column = column

    def text(self) -> Any:
        """Return the value when it is a text, else null."""
        return ibis.ifelse(self._column.startswith('"'), self._column.substr(1), ibis.null("string"))

    def number(self) -> Any:
        """Return the value as a double when it is a number, else null."""
        read = self._column.try_cast("int64").cast("float64") / float(SCALE)
        return ibis.ifelse(self._column.startswith('"'), ibis.null("float64"), read)

    def truth(self) -> Any:
        """Return the value when it is true or false, else null."""
        return ibis.ifelse(self._column.isin(["true", "false"]), self._column == "true", ibis.null("boolean"))

    def exists(self) -> Any:
        """Return whether there is a value."""
        return self._column.notnull()


def both(expressions: list[Any]) -> Any:
    """Return whether all expressions hold; true for none."""
    return reduce(and_, expressions, always(holds=True))


def either(expressions: list[Any]) -> Any:
    """Return whether any expression holds; false for none."""
    return reduce(or_, expressions, always(holds=False))


def _contains(value: "Value | Plain | Token", operand: str) -> Any:
    inside = sure(value.text().contains(operand))
    return inside | value.has_item(operand) if isinstance(value, Value) else inside


def _sized(value: "Value | Plain | Token", bounds: tuple[tuple[str, int], ...]) -> Any:
    if not isinstance(value, Value):
        return always(holds=False)
    return both([sure(COMPARED[operator](value.size(), bound)) for operator, bound in bounds])


def _equal(value: "Value | Plain | Token", operand: Any) -> Any:
    if isinstance(operand, str):
        return value.equals(operand) if isinstance(value, Value) else sure(value.text() == operand)
    if isinstance(value, Plain):
        return always(holds=False)
    if isinstance(operand, bool):
        return sure(value.truth() == operand)
    return sure(value.number() == float(operand))


def _ordered(value: "Value | Plain | Token", operator: str, operand: Any) -> Any:
    if isinstance(value, Plain):
        return always(holds=False)
    amount, bound = value.number(), float(operand)
    match operator:
        case "above":
            return sure(amount > bound)
        case "below":
            return sure(amount < bound)
        case "at_least":
            return sure(amount >= bound)
        case "at_most":
            return sure(amount <= bound)
        case _:
            message = f"unknown operator {operator}"
            raise AssertionError(message)
