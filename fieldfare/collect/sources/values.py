"""Turn a JSON value into the type that a mapping asks for, exactly or not at all. Pure.

What does not fit is told in words that never quote the value. Money is counted in decimals: a price of ``19.99`` is
1999 minor units of a currency with two digits, and of one with none it is no amount.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fieldfare.collect.sources.model import ValueKind
from fieldfare.ground.instants import SECOND, Instant, from_datetime, to_iso, zone_info
from fieldfare.ground.money import digits_of

_EARLIEST: Instant = -62_135_596_800 * SECOND
_LATEST: Instant = 253_402_300_799 * SECOND
_LONGEST_NUMBER = 40
_MOST_DIGITS = 30


class UnfitError(Exception):
    """The value is not of the type; the text says what was expected. Never leaves the mapping of one payload."""


def digits_as_counted(currency: str | None, own: dict[str, int]) -> int:
    """Return how many digits a currency has after the point: as the sender counts, else by ISO 4217."""
    return own.get((currency or "").upper(), digits_of(currency))


def to_kind(value: Any, kind: ValueKind, *, format_: str | None = None, time_zone: str = "UTC", digits: int = 2) -> Any:
    """Return the value as the kind. Raises :class:`UnfitError`."""
    match kind:
        case "any":
            return value
        case "text":
            return to_text(value)
        case "number":
            return _plain(_decimal(value))
        case "integer":
            return _whole(_decimal(value))
        case "boolean":
            return _boolean(value)
        case "date":
            return _date(value, format_)
        case "instant":
            return to_iso(to_instant(value, format_, time_zone))
        case "minor_units":
            return _whole(_decimal(value).scaleb(digits), "an amount with no more digits than its currency has")
        case "major_units":
            return _plain(_decimal(_whole(_decimal(value))).scaleb(-digits))


def to_text(value: Any) -> str:
    """Return a text, number or truth value as text. Raises :class:`UnfitError`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact below
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    message = "a text"
    raise UnfitError(message)


def total(values: list[Any], less: list[Any] | None = None) -> int | float:
    """Return the exact sum of numbers, with others taken away. Raises :class:`UnfitError`."""
    return _plain(sum(map(_decimal, values), Decimal()) - sum(map(_decimal, less or ()), Decimal()))


def to_instant(value: Any, format_: str | None, time_zone: str) -> Instant:
    """Return the instant; a time without an offset is of the zone. Raises :class:`UnfitError`."""
    if format_ in {"epoch_s", "epoch_ms"}:
        factor = SECOND if format_ == "epoch_s" else SECOND // 1_000
        return _bounded(int(_decimal(value) * factor))
    if not isinstance(value, str):
        message = "a time (a number needs `format: epoch_s` or `epoch_ms`)"
        raise UnfitError(message)
    at = _read(lambda: datetime.fromisoformat(value) if format_ is None else datetime.strptime(value, format_))  # noqa: DTZ007 - the zone is added below
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone_info(time_zone))
    try:
        return _bounded(from_datetime(at))
    except OverflowError as error:
        message = "a time between the years 1 and 9999"
        raise UnfitError(message) from error


def _bounded(instant: Instant) -> Instant:
    if not _EARLIEST <= instant <= _LATEST:
        message = "a time between the years 1 and 9999"
        raise UnfitError(message)
    return instant


def _read(read: Callable[[], datetime]) -> datetime:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        message = "a time as its format says (ISO 8601 when it says nothing)"
        raise UnfitError(message) from error


def _date(value: Any, format_: str | None) -> str:
    if format_ in {"epoch_s", "epoch_ms"}:
        return to_iso(to_instant(value, format_, "UTC"))[:10]
    if not isinstance(value, str):
        message = "a date"
        raise UnfitError(message)
    try:
        if format_ is not None:
            return datetime.strptime(value, format_).date().isoformat()  # noqa: DTZ007 - a calendar date has no zone
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError as error:
        message = "a date as its format says (ISO 8601 when it says nothing)"
        raise UnfitError(message) from error


def _decimal(value: Any) -> Decimal:
    message = "a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UnfitError(message)
    text = value.strip() if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        raise UnfitError(message)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UnfitError(message) from error
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise UnfitError(message)
    return number


def _whole(number: Decimal, message: str = "a whole number") -> int:
    if number != number.to_integral_value() or abs(number) >= 2**63:
        raise UnfitError(message)
    return int(number)


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else float(number)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in {"true", "1", "yes", "y", "on"}:
        return True
    if word in {"false", "0", "no", "n", "off"}:
        return False
    message = "true or false"
    raise UnfitError(message)
