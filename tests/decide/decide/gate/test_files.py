"""The shape of policies.yaml."""

import msgspec
import pytest

from fieldfare.decide.gate.files import PoliciesFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed

GOOD = {
    "caps": [{"channel": "email", "most": 3, "per": "7 days", "calendar": True, "by_phase": {"peak": {"most": 1}}}],
    "quiet_hours": {"from": "21:00", "to": "08:00", "channels": ["email"], "on_hit": "defer"},
    "refuse": [{"purposes": ["research"], "phases": ["peak"]}],
    "minimum_match_confidence": 60,
    "holds": ["on_hold"],
    "purposes_exempt": ["transactional"],
}


def test_every_key_is_described() -> None:
    assert undescribed(PoliciesFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(PoliciesFile, GOOD)


@pytest.mark.parametrize(
    "change",
    [{"minimum_match_confidence": 101}, {"caps": [{"most": -1, "per": "1 day"}]}, {"control_group": {}}],
)
def test_impossible_values_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(GOOD | change, PoliciesFile)
