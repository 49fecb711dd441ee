"""The table of Twilio's codes: what is suppressed, what is tried again, what nobody can say."""

import pytest

from fieldfare.act.delivery.channels.twilio_errors import MEANINGS, meaning_of
from fieldfare.act.delivery.model import OutcomeKind


@pytest.mark.parametrize(
    ("code", "status", "kind", "suppress", "opted_out"),
    [
        (21610, 400, OutcomeKind.REJECTED, True, True),
        (30003, 400, OutcomeKind.FAILED, False, False),
        (30004, 400, OutcomeKind.REJECTED, False, False),
        (30005, 400, OutcomeKind.REJECTED, True, False),
        (30006, 400, OutcomeKind.REJECTED, True, False),
        (30007, 400, OutcomeKind.REJECTED, False, False),
        (30008, 400, OutcomeKind.FAILED, False, False),
        (20429, 429, OutcomeKind.FAILED, False, False),
        (None, 429, OutcomeKind.FAILED, False, False),
        (None, 401, OutcomeKind.FAILED, False, False),
        (None, 400, OutcomeKind.REJECTED, False, False),
        (None, 302, OutcomeKind.REJECTED, False, False),
        (None, 500, OutcomeKind.UNKNOWN, False, False),
        (12345, 500, OutcomeKind.UNKNOWN, False, False),
    ],
)
def test_each_code_has_its_action(
    code: int | None, status: int, kind: OutcomeKind, suppress: bool, opted_out: bool
) -> None:
    found = meaning_of(code, status)
    assert (found.outcome, found.suppress, found.opted_out) == (kind, suppress, opted_out)


def test_only_what_is_hard_suppresses() -> None:
    assert all(not meaning.soft for meaning in MEANINGS.values() if meaning.suppress)
    assert all(meaning.outcome is OutcomeKind.REJECTED for meaning in MEANINGS.values() if meaning.suppress)
    assert all(meaning.suppress for meaning in MEANINGS.values() if meaning.opted_out)
