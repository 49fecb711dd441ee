"""Values that identify nobody: what programs write for *nothing*, what people type to get past a form. Pure.

One such value on two events would make one person of two strangers. The shipped list is on by default; the policy adds
values and patterns, for all kinds or for one, and excepts values. Everything is compared in its normal form with case
folded. A value that many people really share (the tablet at the desk) is not known here; limits find it.
"""

import re
from collections.abc import Callable, Iterable

from fieldfare.know.identity.model import Form, IdentifierKind, Policy

_WORDS = """
    null (null) <null> nil none no n/a #n/a na n.a. nan #nan infinity -infinity inf -inf void empty blank unset missing
    undefined unknown unbekannt unspecified unassigned undisclosed invalid error default dummy fake placeholder sample
    example foo bar foobar asdf asdfg asdfgh qwerty qwertz abc abc123 test tester testing test123 testuser guest gast
    visitor anonymous anonym anon nobody noname customer walkin walk-in cash-customer tbd tba todo changeme change_me
    deleted removed redacted hidden xxx true false yes -1 user_id userid anonymous_id anonymousid your_user_id
    your-user-id your_anonymous_id
"""
_PHRASES = ("not set", "(not set)", "not provided", "(not provided)", "not available", "no email", "walk in")
WORDS = frozenset({*_WORDS.split(), *_PHRASES})
"""Words, whatever the kind."""

_RUNS = "1234567 12345678 123456789 1234567890 01234567 0123456789 87654321 987654321 9876543210 0987654321"
RUNS = frozenset(_RUNS.split())
"""Fingers that ran along the keys."""

PHONE_RUNS = ("1234567", "2345678", "3456789", "4567890", "7654321", "6543210")
"""Ends of such telephone numbers."""

_LOCAL_PARTS = """
    noreply donotreply dontreply noemail nomail none no null nil na nan undefined unknown unbekannt anonymous anonym
    nobody noname test tester testing testuser test123 dummy fake example sample placeholder asdf qwerty abc abc123
    guest gast customer walkin keineemail keinemail invalid deleted redacted xxx foo foobar mailerdaemon postmaster
    abuse
"""
LOCAL_PARTS = frozenset(_LOCAL_PARTS.split())
"""What stands before the @ of an address that is nobody's, without ``+tag`` and without ``.``, ``-``, ``_``."""

KNOWN = {"device_id": frozenset({"9774d56d682e549c"})}
"""Values that a fault gave to many: this id was once that of every Android emulator, and of many telephones."""

LETTERS, DIGITS = 3, 7
"""So many equal letters or digits are no name and no number. Zeros never are."""
_EXAMPLE_DOMAIN = re.compile(r"(^|\.)(example\.(com|net|org|edu)|(example|test|invalid|localhost))$")
_EXAMPLE_NUMBER = re.compile(r"\+1\d{3}55501\d\d")
_SEPARATORS = " .:_-+/\\"
_OPENS_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%|\[object |%[({]|\{\d*\}|\{[a-z_.]+\}|<[a-z_ ]+>|\[[a-z_ ]+\]|:[a-z_]+$")
"""What a template leaves where it was not filled in, from its first character on."""

Blocked = Callable[[str], bool]


def blocked_of(kind: IdentifierKind, policy: Policy) -> Blocked:
    """Return what tells whether a value of the kind, in its normal form, identifies nobody.

    Nearly every value is answered by one look-up and a glance at its first and last character: it is asked for every
    identifier of every event.
    """
    plain, starred = _split(policy.blocked | kind.blocked)
    excepted = policy.not_blocked | kind.not_blocked
    words = (WORDS | RUNS | KNOWN.get(kind.name, frozenset()) | plain) - excepted
    is_example = _EXAMPLES.get(kind.form) if policy.block_examples else None
    closer = [look for look in (_of_form(kind.form), starred, is_example) if look is not None]

    def blocked(value: str) -> bool:
        folded = value.casefold()
        if folded in words:
            return True
        first = folded[0]
        return (first == folded[-1] or not first.isalnum()) and _is_left_over(folded) and folded not in excepted

    def blocked_closer(value: str) -> bool:
        folded = value.casefold()
        return blocked(folded) or (folded not in excepted and any(look(folded) for look in closer))

    return blocked_closer if closer else blocked


def _of_form(form: Form) -> Blocked | None:
    if form is Form.EMAIL:
        return _is_nobodys_address
    return _is_nobodys_number if form is Form.PHONE else None


def _split(values: Iterable[str]) -> tuple[frozenset[str], Blocked | None]:
    """Return the plain values, and what tells those that a value with ``*`` covers."""
    plain, starred = set(), []
    for value in sorted(values):
        if "*" in value:
            starred.append(".*".join(re.escape(part) for part in value.split("*")))
        else:
            plain.add(value)
    if not starred:
        return frozenset(plain), None
    covers = re.compile("|".join(starred), re.DOTALL).fullmatch
    return frozenset(plain), lambda folded: covers(folded) is not None


def _is_left_over(folded: str) -> bool:
    """Return whether it is a template not filled in, one character over and over, or has no letter and no digit.

    Separators do not count.
    """
    if _OPENS_TEMPLATE.match(folded) is not None:
        return True
    letters = [each for each in folded if each not in _SEPARATORS]
    first = letters[0] if letters else ""
    if not first.isalnum():
        return not any(each.isalnum() for each in letters)
    if letters.count(first) < len(letters):
        return False
    return first == "0" or len(letters) >= (DIGITS if first.isdigit() else LETTERS)


def _is_nobodys_address(folded: str) -> bool:
    local = folded.rpartition("@")[0].partition("+")[0]
    return local.translate(_WITHOUT_SEPARATORS) in LOCAL_PARTS


_WITHOUT_SEPARATORS = str.maketrans("", "", ".-_")


def _is_nobodys_number(folded: str) -> bool:
    return folded.endswith(PHONE_RUNS) or len(set(folded[-DIGITS:])) == 1


_EXAMPLES: dict[Form, Blocked] = {
    Form.EMAIL: lambda folded: _EXAMPLE_DOMAIN.search(folded.rpartition("@")[2]) is not None,
    Form.PHONE: lambda folded: _EXAMPLE_NUMBER.fullmatch(folded) is not None,
}
