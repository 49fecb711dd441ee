"""Choose how records are compared and which pairs are looked at, from the columns there are and what stands in them.

Pure. Every set of records gets its settings from the same rules; nothing here knows of any particular one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.know.identity.match.model import Comparison, Field, Level, Record

MOST_ALL_PAIRS = 1_000_000
"""Up to so many pairs in all, every pair is looked at."""
ALL_PAIRS = "1 = 1"
MOST_PAIRS_PER_RECORD = 80
"""A condition that would bring more pairs than are left of so many for each record is left out."""
LEAST_FILLED = 0.02
MOST_ALIKE = 0.97
"""A column whose most frequent value is this frequent says nothing."""


class Statistics(msgspec.Struct, frozen=True):
    """What a column holds, in numbers."""

    filled: float
    distinct: int
    top: float
    """Share of the most frequent value among the filled."""


def statistics(records: Sequence[Record]) -> dict[str, Statistics]:
    """Return column -> its numbers."""
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for name, value in record.values.items():
            counts.setdefault(name, Counter())[value] += 1
    found = {}
    for name, values in counts.items():
        filled = values.total()
        found[name] = Statistics(filled / len(records), len(values), max(values.values()) / filled)
    return found


def telling(stats: Mapping[str, Statistics]) -> frozenset[str]:
    """Return the columns that say something about a person."""
    return frozenset(
        name for name, of in stats.items() if of.filled >= LEAST_FILLED and of.distinct > 1 and of.top < MOST_ALIKE
    )


def _missing(*columns: str) -> Level:
    condition = " OR ".join(f"({c}_l IS NULL OR {c}_r IS NULL)" for c in columns)
    return Level(label="missing", condition=condition, is_missing=True)


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def _typo(column: str, most: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


ELSE = "ELSE"
SWAPPED = "given_name_l = surname_r AND surname_l = given_name_r"


def _given(has: frozenset[str]) -> Comparison:
    levels = [
        _missing("given_name"),
        Level(label="same given name", condition=_same("given_name"), rare="given_name"),
    ]
    if "surname" in has:
        levels.append(Level(label="given name and surname swapped", condition=SWAPPED))
    levels += [
        Level(label="everyday form of the same given name", condition=_same("formal")),
        Level(label="given name with a typing error", condition=_alike("given_name", 0.92)),
        Level(
            label="given name and its initial",
            condition="(length(given_name_l) = 1 OR length(given_name_r) = 1) AND "
            "substr(given_name_l, 1, 1) = substr(given_name_r, 1, 1)",
        ),
        Level(label="given name alike", condition=f"{_alike('given_name', 0.8)} OR {_typo('given_name', 1)}"),
        Level(label="other given name", condition=ELSE),
    ]
    return Comparison(name="given_name", fields=("given_name",), levels=tuple(levels))


def _surname(has: frozenset[str]) -> Comparison:
    missing = _missing("surname")
    if "given_name" in has:
        missing = msgspec.structs.replace(missing, condition=f"{missing.condition} OR ({SWAPPED})")
    levels = (
        missing,
        Level(label="same surname", condition=_same("surname"), rare="surname"),
        Level(label="surname with a typing error", condition=_alike("surname", 0.92)),
        Level(
            label="surname alike, or part of the other",
            condition=f"{_alike('surname', 0.8)} OR {_typo('surname', 1)} OR "
            "contains(concat(' ', surname_l, ' '), concat(' ', surname_r, ' ')) OR "
            "contains(concat(' ', surname_r, ' '), concat(' ', surname_l, ' '))",
        ),
        Level(label="other surname", condition=ELSE),
    )
    return Comparison(name="surname", fields=("surname",), levels=levels)


def _birth(_: frozenset[str]) -> Comparison:
    swapped = (
        "substr(date_of_birth_l, 1, 4) = substr(date_of_birth_r, 1, 4) AND "
        "substr(date_of_birth_l, 5, 2) = substr(date_of_birth_r, 7, 2) AND "
        "substr(date_of_birth_l, 7, 2) = substr(date_of_birth_r, 5, 2)"
    )
    two_parts = (
        "(CASE WHEN substr(date_of_birth_l, 1, 4) = substr(date_of_birth_r, 1, 4) THEN 1 ELSE 0 END + "
        "CASE WHEN substr(date_of_birth_l, 5, 2) = substr(date_of_birth_r, 5, 2) THEN 1 ELSE 0 END + "
        "CASE WHEN substr(date_of_birth_l, 7, 2) = substr(date_of_birth_r, 7, 2) THEN 1 ELSE 0 END) >= 2"
    )
    levels = (
        _missing("date_of_birth"),
        Level(label="same date of birth", condition=_same("date_of_birth")),
        Level(
            label="date of birth with one digit wrong, or day and month swapped",
            condition=f"{_typo('date_of_birth', 1)} OR ({swapped})",
        ),
        Level(label="date of birth with two of day, month and year the same", condition=two_parts),
        Level(label="date of birth with two digits wrong", condition=_typo("date_of_birth", 2)),
        Level(label="other date of birth", condition=ELSE),
    )
    return Comparison(name="date_of_birth", fields=("date_of_birth",), levels=levels)


def _email(_: frozenset[str]) -> Comparison:
    levels = (
        _missing("email"),
        Level(label="same e-mail address", condition=_same("email"), rare="email"),
        Level(label="e-mail address with a typing error", condition=_typo("email", 2)),
        Level(label="same mailbox at another provider", condition=_same("mailbox"), rare="mailbox"),
        Level(label="mailbox alike", condition=_alike("mailbox", 0.9)),
        Level(label="other e-mail address", condition=ELSE),
    )
    return Comparison(name="email", fields=("email", "mailbox"), levels=levels)


def _number_like(name: str, words: str) -> Comparison:
    levels = (
        _missing(name),
        Level(label=f"same {words}", condition=_same(name), rare=name),
        Level(label=f"{words} with one digit wrong", condition=_typo(name, 1)),
        Level(label=f"{words} with two digits wrong", condition=_typo(name, 2)),
        Level(label=f"other {words}", condition=ELSE),
    )
    return Comparison(name=name, fields=(name,), levels=levels)


def _middle(_: frozenset[str]) -> Comparison:
    levels = (
        _missing("middle_name"),
        Level(label="same middle name", condition=_same("middle_name")),
        Level(label="same middle initial", condition="substr(middle_name_l, 1, 1) = substr(middle_name_r, 1, 1)"),
        Level(label="other middle name", condition=ELSE),
    )
    return Comparison(name="middle_name", fields=("middle_name",), levels=levels)


def _sex(_: frozenset[str]) -> Comparison:
    levels = (
        _missing("sex"),
        Level(label="same sex", condition=_same("sex")),
        Level(label="other sex", condition=ELSE),
    )
    return Comparison(name="sex", fields=("sex",), levels=levels)


def _address(has: frozenset[str]) -> Comparison:
    """Street, number and second line together: they move together, and counted apart they would count thrice."""
    street_alike = f"({_alike('street', 0.9)} OR {_typo('street', 2)})"
    levels = [_missing("street")]
    if "street_number" in has:
        near = f"({_same('street_number')} OR {_typo('street_number', 1)})"
        levels += [
            Level(label="same street and number", condition=f"{_same('street')} AND {_same('street_number')}"),
            Level(label="street and number with a typing error", condition=f"{street_alike} AND {near}"),
        ]
    levels += [
        Level(label="same street", condition=_same("street"), rare="street"),
        Level(label="street with a typing error", condition=street_alike),
    ]
    if "street_number" in has:
        levels.append(Level(label="same number in another street", condition=_same("street_number")))
    levels.append(Level(label="other address", condition=ELSE))
    return Comparison(name="address", fields=("street", "street_number"), levels=tuple(levels))


def _line_2(_: frozenset[str]) -> Comparison:
    levels = (
        _missing("address_line_2"),
        Level(label="same second address line", condition=_same("address_line_2"), rare="address_line_2"),
        Level(label="second address line alike", condition=_alike("address_line_2", 0.88)),
        Level(label="other second address line", condition=ELSE),
    )
    return Comparison(name="address_line_2", fields=("address_line_2",), levels=levels)


def _place(has: frozenset[str]) -> Comparison:
    """Postcode, city and state together, for the same reason as the address."""
    names = [name for name in ("postcode", "city", "state") if name in has]
    all_missing = " AND ".join(f"({c}_l IS NULL OR {c}_r IS NULL)" for c in names)
    levels = [Level(label="missing", condition=all_missing, is_missing=True)]
    if {"postcode", "city"} <= has:
        both = f"{_same('postcode')} AND {_same('city')}"
        levels.append(Level(label="same postcode and city", condition=both, rare="postcode"))
    if "postcode" in has:
        levels.append(Level(label="same postcode", condition=_same("postcode"), rare="postcode"))
    if "city" in has:
        levels.append(Level(label="same city", condition=_same("city"), rare="city"))
    if "postcode" in has:
        levels.append(Level(label="postcode with one digit wrong", condition=_typo("postcode", 1)))
    if "city" in has:
        levels.append(Level(label="city with a typing error", condition=_alike("city", 0.9)))
    if "state" in has:
        levels.append(Level(label="same state", condition=_same("state"), rare="state"))
    levels.append(Level(label="other place", condition=ELSE))
    return Comparison(name="place", fields=tuple(names), levels=tuple(levels))


def comparisons(has: frozenset[str]) -> tuple[Comparison, ...]:
    """Return how records with these columns are compared."""
    makers = (
        ({"given_name"}, _given), ({"surname"}, _surname), ({"middle_name"}, _middle), ({"date_of_birth"}, _birth),
        ({"sex"}, _sex), ({"email"}, _email), ({"street"}, _address), ({"address_line_2"}, _line_2),
    )  # fmt: skip
    found = [make(has) for needs, make in makers if needs <= has]
    if has & {"postcode", "city", "state"}:
        found.append(_place(has))
    for name, words in (("phone", "phone number"), ("national_id", "national id"), ("membership_id", "membership id")):
        if name in has:
            found.append(_number_like(name, words))
    return tuple(found)


_BLOCKS: tuple[tuple[str, ...], ...] = (
    ("national_id",), ("membership_id",), ("email",), ("phone",),
    ("given_name", "surname"), ("date_of_birth",), ("mailbox",),
    ("formal", "surname_sound"), ("surname", "postcode"), ("street", "street_number"), ("given_name", "postcode"),
    ("street", "postcode"), ("given_name", "street"), ("surname", "street"), ("surname", "city"),
    ("given_name", "city"),
    ("surname_sound", "birth_year"), ("formal", "birth_year"), ("formal", "birth_day"), ("surname_sound", "birth_day"),
    ("surname",), ("given_name",), ("street",), ("postcode",),
)  # fmt: skip
BLOCK_SQL = {"birth_year": "substr({side}.date_of_birth, 1, 4)", "birth_day": "substr({side}.date_of_birth, 5, 4)"}


def _block_value(record: Record, name: str) -> str | None:
    if name in BLOCK_SQL:
        birth = record.values.get(Field.BIRTH, "")
        return (birth[:4] if name == "birth_year" else birth[4:]) or None
    return record.values.get(name)


def blocking(records: Sequence[Record], has: frozenset[str]) -> tuple[str, ...]:
    """Return conditions of which one must hold for a pair to be looked at.

    All pairs while they are few; else the surest conditions first, while all together bring few enough pairs.
    """
    count = len(records)
    if count * (count - 1) // 2 <= MOST_ALL_PAIRS:
        return (ALL_PAIRS,)
    usable = set(has)
    if Field.GIVEN in has:
        usable.add("formal")
    if Field.SURNAME in has:
        usable.add("surname_sound")
    if Field.EMAIL in has:
        usable.add("mailbox")
    if Field.BIRTH in has:
        usable.update(BLOCK_SQL)
    found, left = [], MOST_PAIRS_PER_RECORD * count
    for names in _BLOCKS:
        if not set(names) <= usable:
            continue
        pairs = _pairs_of(records, names)
        if 0 < pairs <= left:
            left -= pairs
            found.append(" AND ".join(_sides(name) for name in names))
    return tuple(found) or (ALL_PAIRS,)


def _pairs_of(records: Sequence[Record], names: tuple[str, ...]) -> int:
    blocks: Counter[tuple[str | None, ...]] = Counter()
    for record in records:
        values = tuple(_block_value(record, name) for name in names)
        if None not in values:
            blocks[values] += 1
    return sum(size * (size - 1) // 2 for size in blocks.values())


def _sides(name: str) -> str:
    sql = BLOCK_SQL.get(name, f"{{side}}.{name}")
    return f"{sql.format(side='l')} = {sql.format(side='r')}"
