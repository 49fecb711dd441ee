"""Computed traits as Ibis values over the lake's columns, by the same rules as :mod:`fieldfare.know.computed.compute`.

It runs nothing. A trait whose cuts are not published has no value in the lake.
"""

from collections.abc import Callable, Mapping
from typing import Any, assert_never

import ibis

from fieldfare.ground.instants import DAY, Day
from fieldfare.know.audiences.dates import END_DATE, FIRST_DATE
from fieldfare.know.audiences.lake_json import Token, Value, sure
from fieldfare.know.audiences.model import Aggregate, Did
from fieldfare.know.computed.model import (
    Arithmetic,
    Bands,
    Coalesce,
    Computed,
    DaysSinceEvent,
    DaysSinceTrait,
    Joined,
    Measured,
    MomentOf,
    Quintile,
    fifths_of,
)
from fieldfare.know.cuts.model import EVERYWHERE, CutsInForce, Mark
from fieldfare.know.profiles.model import SCALE

_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_COUNTED = {Aggregate.COUNT, Aggregate.DISTINCT}
_TOKENS = {Aggregate.FIRST, Aggregate.LAST, Aggregate.MOST_FREQUENT}


class Columns:
    """A value that may be a number, a text or a truth value; a column each, null where it is none."""

    def __init__(self, *, number: Any = None, text: Any = None, truth: Any = None) -> None:
        """Take the columns that there may be."""
        # Ibis answers a comparison with a bare null with nothing that can be combined, so these are no bare nulls.
        self._number = ibis.null("float64").nullif(0.0) if number is None else number.cast("float64")
        self._text = ibis.null("string").nullif("") if text is None else text
        self._truth = ibis.null("boolean").nullif(ibis.literal(value=True)) if truth is None else truth

    def number(self) -> Any:
        """Return the number."""
        return self._number

    def text(self) -> Any:
        """Return the text."""
        return self._text

    def truth(self) -> Any:
        """Return the truth value."""
        return self._truth

    def exists(self) -> Any:
        """Return whether there is any of them."""
        return self._number.notnull() | self._text.notnull() | self._truth.notnull()


def in_lake(
    name: str,
    traits: Mapping[str, Computed],
    cuts: CutsInForce,
    column: Callable[[Did], Any],
    plain: Any,
    today: Day,
) -> Any:
    """Return the trait as a value that compares; see the port :class:`ComputedTraits`."""

    def of(side: str | float) -> Any:
        if not isinstance(side, str):
            return Columns(number=ibis.literal(side))
        return Value(plain, side) if side not in traits else in_lake(side, traits, cuts, column, plain, today)

    node = traits[name].node
    match node:
        case Measured(did=did):
            return _measured(did, column(did))
        case MomentOf(did=did):
            return Columns(text=_instant(column(did)))
        case DaysSinceEvent(did=did):
            return Columns(number=today - column(did))
        case DaysSinceTrait(trait=trait):
            return Columns(number=today - _day(of(trait).text()))
        case Bands(of=inner, steps=steps):
            amount = of(inner).number()
            label = ibis.null("string")
            for least, name_of_step in steps:
                label = ibis.ifelse(sure(amount >= least), name_of_step, label)
            return Columns(text=label)
        case Arithmetic(operator=operator, left=left, right=right):
            one, other = of(left).number(), of(right).number()
            amount = one / other.nullif(0.0) if operator == "ratio" else one - other
            return Columns(number=amount)
        case Coalesce(names=names):
            return _first([of(each) for each in names])
        case Quintile(of=inner, is_low_best=is_low_best):
            return Columns(number=_fifth(of(inner).number(), _marks(inner, cuts), is_low_best=is_low_best))
        case Joined(names=names):
            return Columns(text=_together([of(each) for each in names]))
        case _:
            assert_never(node)


def _measured(did: Did, found: Any) -> Any:
    if did.aggregate in _TOKENS:
        return Token(found)
    if did.aggregate in _COUNTED:
        return Columns(number=ibis.coalesce(found, 0))
    amount = found.cast("float64") / float(SCALE)
    return Columns(number=ibis.coalesce(amount, 0.0) if did.aggregate is Aggregate.SUM else amount)


def _instant(at: Any) -> Any:
    # Microseconds are cut off before the text is made, so that no rounding can carry.
    micros = ((at % 1_000_000) + 1_000_000) % 1_000_000
    seconds = ((at - micros) // 1_000_000).cast("int64").as_timestamp("s")
    return seconds.strftime("%Y-%m-%dT%H:%M:%S") + "." + micros.cast("string").lpad(6, "0") + "Z"


def _day(text: Any) -> Any:
    usual = sure((text >= FIRST_DATE) & (text < END_DATE) & text.re_search(_DATE))
    moment = ibis.ifelse(usual, text, ibis.null("string")).try_cast("date").cast("timestamp")
    return moment.epoch_seconds() // (DAY // 1_000_000)


def _first(values: list[Any]) -> Columns:
    found = values[-1]
    for value in reversed(values[:-1]):
        there = value.exists()
        found = Columns(
            number=ibis.ifelse(there, value.number(), found.number()),
            text=ibis.ifelse(there, value.text(), found.text()),
            truth=ibis.ifelse(there, value.truth(), found.truth()),
        )
    return found if isinstance(found, Columns) else _first([found, found])


def _marks(trait: str, cuts: CutsInForce) -> tuple[Mark, ...]:
    version = cuts.of(fifths_of(trait).name)
    return version.places[EVERYWHERE].marks if version is not None and EVERYWHERE in version.places else ()


def _fifth(amount: Any, marks: tuple[Mark, ...], *, is_low_best: bool) -> Any:
    if not marks:
        return ibis.null("float64")
    above = ibis.literal(0)
    for mark in marks:
        above += ibis.ifelse(sure(amount > mark.number), 1, 0)
    return ibis.ifelse(amount.notnull(), 5 - above if is_low_best else above + 1, None)


def _together(values: list[Any]) -> Any:
    texts = ibis.literal("")
    for value in values:
        amount = value.number()
        whole = ibis.ifelse(sure(amount == amount.round()), amount.cast("int64").cast("string"), ibis.null("string"))
        texts += ibis.coalesce(value.text(), whole)
    return texts
