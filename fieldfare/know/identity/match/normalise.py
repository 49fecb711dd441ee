"""Bring values of a person's record into one form, so that only real differences count. Pure.

Nothing is corrected: a date with an impossible month stays what it is, since its other digits still tell something.
Only the order of a date's parts is chosen, once for a whole column, by what most of its values allow.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from fieldfare.know.identity.match.model import Field
from fieldfare.know.identity.match.nicknames import formal_name

_EMPTY = frozenset(("", "null", "none", "nan", "na", "unknown", "undefined"))
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_DIGITS = re.compile(r"\D+")
_STREETS = {
    "street": "st", "road": "rd", "avenue": "ave", "av": "ave", "drive": "dr", "court": "ct", "place": "pl",
    "crescent": "cres", "lane": "ln", "terrace": "tce", "ter": "tce", "circuit": "cct", "circle": "cir",
    "boulevard": "blvd", "parade": "pde", "close": "cl", "highway": "hwy", "square": "sq", "parkway": "pkwy",
    "trail": "trl", "north": "n", "south": "s", "east": "e", "west": "w", "apartment": "apt",
}  # fmt: skip
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_SOUNDS = {
    letter: code
    for letters, code in (("bfpv", "1"), ("cgjkqsxz", "2"), ("dt", "3"), ("l", "4"), ("mn", "5"), ("r", "6"))
    for letter in letters
}
_MONTHS_IN_A_YEAR, _DAYS_IN_A_MONTH = 12, 31
_DATE_DIGITS = 8
_DATE_PARTS = 3
_YEAR_DIGITS = 4
_PHONE_DIGITS = 9
_SOUND_LETTERS = 4


def plain(text: str) -> str:
    """Return lower-case words without accents and punctuation, one space between them."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in folded if not unicodedata.combining(letter))
    lowered = text.lower().replace("'", "")
    words = _NOT_WORD.sub(" ", lowered).strip()
    return words or " ".join(text.casefold().split())  # a script without Latin letters stays itself


def street_words(text: str) -> str:
    """Return a street in one spelling of its kind: ``5 High Street`` and ``5 high st.`` are the same."""
    return " ".join(_STREETS.get(word, word) for word in plain(text).split())


def sound(word: str) -> str:
    """Return the American Soundex code of a word, for looking up names that sound alike."""
    letters = [letter for letter in word if "a" <= letter <= "z"]
    if not letters:
        return word[:_SOUND_LETTERS]
    code, before = letters[0], _SOUNDS.get(letters[0])
    for letter in letters[1:]:
        now = _SOUNDS.get(letter)
        if now is not None and now != before:
            code += now
        if letter not in "hw":
            before = now
    return code[:_SOUND_LETTERS].ljust(_SOUND_LETTERS, "0")


def date_parts(text: str) -> tuple[str, str, str] | None:
    """Return the three parts of a written date in the order they stand, or nothing where there are not three."""
    text = text.strip().lower().split("t")[0] if re.match(r"\d{4}-", text.strip()) else text.strip().lower()
    words = re.findall(r"\d+|[a-z]{3,}", text)
    words = [
        f"{_MONTHS[word[:3]]:02d}" if word[:3] in _MONTHS else word
        for word in words
        if word[:3] in _MONTHS or word[0].isdigit()
    ]
    if len(words) == 1 and len(words[0]) == _DATE_DIGITS:
        digits = words[0]
        return (digits[:4], digits[4:6], digits[6:]) if _year_first(digits) else (digits[:2], digits[2:4], digits[4:])
    return (words[0], words[1], words[2]) if len(words) >= _DATE_PARTS else None


def _year_first(digits: str) -> bool:
    return digits[:2] in {"18", "19", "20"} and not (
        digits[4:6] in {"18", "19", "20"}
        and int(digits[2:4]) <= _DAYS_IN_A_MONTH
        and int(digits[:2]) <= _MONTHS_IN_A_YEAR
    )


def day_first(values: Iterable[str]) -> bool:
    """Return whether dates whose year stands last begin with the day, by what most of them allow."""
    day = month = 0
    for value in values:
        parts = date_parts(value)
        if parts is None or len(parts[0]) == _YEAR_DIGITS or not (parts[0].isdigit() and parts[1].isdigit()):
            continue
        day += int(parts[0]) > _MONTHS_IN_A_YEAR >= int(parts[1])
        month += int(parts[1]) > _MONTHS_IN_A_YEAR >= int(parts[0])
    return day > month


def date_digits(text: str, *, is_day_first: bool) -> str:
    """Return year, month and day as eight digits where the text has three parts, else its digits."""
    parts = date_parts(text)
    if parts is None:
        return _DIGITS.sub("", text)
    if len(parts[0]) == _YEAR_DIGITS:
        year, month, day = parts
    elif is_day_first:
        day, month, year = parts
    else:
        month, day, year = parts
    return f"{year:0>4}{month:0>2}{day:0>2}"


def _name(text: str) -> str:
    return plain(text)


def _email(text: str) -> str:
    return text.strip().casefold()


def _phone(text: str) -> str:
    digits = _DIGITS.sub("", text)
    return digits[-_PHONE_DIGITS:]


def _compact(text: str) -> str:
    return plain(text).replace(" ", "")


def _sex(text: str) -> str:
    return plain(text)[:1]


_FORM = {
    Field.GIVEN: _name, Field.SURNAME: _name, Field.MIDDLE: _name, Field.SEX: _sex, Field.EMAIL: _email,
    Field.PHONE: _phone, Field.NATIONAL_ID: _compact, Field.MEMBERSHIP_ID: _compact, Field.NUMBER: _compact,
    Field.STREET: street_words, Field.LINE_2: street_words, Field.POSTCODE: _compact, Field.CITY: plain,
    Field.STATE: plain,
}  # fmt: skip


def normal_values(row: Mapping[Field, str], *, is_day_first: bool) -> dict[str, str]:
    """Return what a record says, by column of the model, with what is looked up by (sounds, formal names) beside it."""
    found: dict[str, str] = {}
    for field, text in row.items():
        if text.strip().lower() in _EMPTY or field is Field.FULL_NAME:
            continue
        form = _FORM.get(field)
        value = date_digits(text, is_day_first=is_day_first) if form is None else form(text)
        if value:
            found[field.value] = value
    if Field.FULL_NAME in row:
        for name, value in _split_name(row[Field.FULL_NAME]).items():
            found.setdefault(name, value)
    if (given := found.get(Field.GIVEN)) is not None:
        found["formal"] = formal_name(given)
    if (surname := found.get(Field.SURNAME)) is not None:
        found["surname_sound"] = sound(surname)
    if (email := found.get(Field.EMAIL)) is not None:
        found["mailbox"] = email.split("@")[0].split("+")[0]
    return found


def _split_name(text: str) -> dict[str, str]:
    last, comma, first = text.partition(",")
    words = plain(f"{first} {last}" if comma else text).split()
    if len(words) <= 1:
        return {Field.SURNAME.value: words[0]} if words else {}
    return {Field.GIVEN.value: words[0], Field.SURNAME.value: words[-1]}
