"""Suggest how much harm a field can do, from its name and from sampled values. Pure; no value leaves this module.

Names are read in English and, for the commonest words, in German, in any spelling style. Values are tested, not
guessed at: card numbers by their check digit (Luhn), IBANs by theirs (ISO 7064, mod 97), telephone numbers by the
numbering plans, addresses of mail and of the net by their form. It is a suggestion: who declares the field decides.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence

import msgspec
import phonenumbers

RANKS = ("health", "child", "financial", "precise_location", "contact", "personal")
"""The one that is named when several fit, first of all health."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[3-6]\d(?:[ -]?\d){12,17}")
_COORDINATES = re.compile(r"[-+]?\d{1,2}\.\d{4,}\s*[,; ]\s*[-+]?\d{1,3}\.\d{4,}")
_PHONE = re.compile(r"(?:\+|00)[\d ()/.-]{7,20}")
_HEALTH = re.compile(
    r"\b(?:allerg\w*|asthma\w*|diabet\w*|injur\w*|verletz\w*|surgery|operation|operiert|pregnan\w*|schwanger\w*|"
    r"medication|medikament\w*|migr(?:ai|ä)n\w*|depress\w*|anxiety|angst(?:störung)?|epilep\w*|cancer|krebs\w*|"
    r"diagnos\w*|doctor|arzt|ärztin|physio\w*|hernia\w*|bandscheib\w*|blood pressure|blutdruck|heart (?:disease|attack"
    r"|condition)|herz\w*|(?:back|knee|shoulder|neck|hip) (?:pain|problem|injury)|\w*schmerz\w*|krank\w*|covid\w*|"
    r"fever|fieber|therap\w*|symptom\w*|disabilit\w*|behinder\w*|celiac|zöliakie|hiv|std)\b",
    re.IGNORECASE,
)
_NAMES: dict[str, str] = {
    "health": "health medical diagnosis diagnoses allergy allergies medication medications injury injuries pregnant "
    "pregnancy illness disease symptom symptoms doctor patient treatment therapy blood bmi bodyweight disability "
    "prescription pulse heartrate vaccination krankheit verletzung allergien schwanger",
    "child": "child children kid kids minor guardian parent parents toddler baby pupil kindergarten nursery kinder",
    "financial": "iban bic swift cvv cvc pan cardnumber accountnumber bankaccount creditcard sortcode salary income "
    "kontonummer",
    "precise_location": "lat latitude lng lon longitude gps coordinates coords geo geohash geolocation",
    "contact": "email mail phone mobile mobilenumber tel telephone fax whatsapp msisdn handy telefon",
    "personal": "firstname lastname fullname surname forename givenname familyname middlename vorname nachname "
    "birthday birthdate dateofbirth dob geburtstag geburtsdatum address street postcode zip zipcode gender sex "
    "nationality passport ssn ip ipaddress username nickname strasse anschrift",
}
_BY_WORD = {word: kind for kind, words in _NAMES.items() for word in words.split()}
_WHOLE = frozenset({"minor", "parent", "parents", "pan", "sex", "mail", "pulse", "mobile"})
"""Words that mean it only when they are the whole name."""
_NOTES = frozenset({"note", "notes", "comment", "comments", "message", "text", "remark", "remarks", "feedback", "body"})
_SHARE = 0.2
_CARD_SHARE = 0.5
"""A tenth of all numbers pass the check of a card number."""
_HEALTH_SHARE = 0.02
_LONGEST = 2_000
_WORDS_OF_A_TEXT = 4


class Guess(msgspec.Struct, frozen=True):
    """A sensitivity and what speaks for it."""

    sensitivity: str
    why: str


def guess(name: str, values: Sequence[object]) -> Guess | None:
    """Return the suggested sensitivity of a field, ``None`` when nothing speaks for any."""
    texts = [str(value)[:_LONGEST].strip() for value in values if type(value) in {str, int}]
    texts = [text for text in texts if text]
    found = [*_by_name(name, texts), *_by_values(texts)]
    return min(found, key=lambda each: RANKS.index(each.sensitivity), default=None)


def words_of(name: str) -> list[str]:
    """Return the words of a name in any spelling style, in lower case."""
    return [part.lower() for part in _PARTS.findall(name)]


def _by_name(name: str, texts: Sequence[str]) -> Iterable[Guess]:
    words = words_of(name)
    joined = "".join(words)
    if joined == "name":
        yield Guess("personal", "its name")
    spans = [(first, first + length) for first in range(len(words)) for length in (1, 2, 3)]
    for span in {"".join(words[first:last]) for first, last in spans}:
        kind = _BY_WORD.get(span)
        if kind is not None and (span not in _WHOLE or span == joined):
            yield Guess(kind, "its name")
    if _NOTES & set(words) and any(len(text.split()) >= _WORDS_OF_A_TEXT for text in texts):
        yield Guess("personal", "free text")


def _by_values(texts: Sequence[str]) -> Iterable[Guess]:
    tests: tuple[tuple[str, str, Callable[[str], bool], float], ...] = (
        ("contact", "values that are e-mail addresses", _is_email, _SHARE),
        ("contact", "values that are telephone numbers", _is_phone, _SHARE),
        ("personal", "values that are IP addresses", _is_ip, _SHARE),
        ("financial", "values that are card numbers", _is_card, _CARD_SHARE),
        ("financial", "values that are IBANs", is_iban, _SHARE),
        ("precise_location", "values that are coordinates", _is_coordinates, _SHARE),
        ("health", "texts with words of health", _speaks_of_health, _HEALTH_SHARE),
    )
    for kind, why, test, share in tests:
        hits = sum(test(text) for text in texts)
        if hits and hits >= share * len(texts):
            yield Guess(kind, why)


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _is_phone(text: str) -> bool:
    if _PHONE.fullmatch(text) is None:
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse("+" + text[2:] if text[:2] == "00" else text, None))
    except phonenumbers.NumberParseException:
        return False


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "." in text or ":" in text


def _is_card(text: str) -> bool:
    return _CARD.fullmatch(text) is not None and is_luhn(re.sub(r"\D", "", text))


def is_luhn(digits: str) -> bool:
    """Return whether the digits end with their check digit after Luhn (ISO/IEC 7812)."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - the rule of the sum


def is_iban(text: str) -> bool:
    """Return whether the text is an IBAN (ISO 13616): its form, and the remainder 1 modulo 97."""
    plain = text.replace(" ", "").upper()
    if _IBAN.fullmatch(plain) is None:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _is_coordinates(text: str) -> bool:
    return _COORDINATES.fullmatch(text) is not None


def _speaks_of_health(text: str) -> bool:
    return len(text.split()) > 1 and _HEALTH.search(text) is not None
