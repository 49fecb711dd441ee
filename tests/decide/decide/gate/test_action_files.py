"""The shape of actions.yaml."""

from fieldfare.decide.gate.action_files import ActionsFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed

GOOD = {"actions": {"refund": {"purpose": "service", "reversible": False, "per_person": {"most": 1, "per": "30 days"}}}}


def test_every_key_is_described() -> None:
    assert undescribed(ActionsFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(ActionsFile, GOOD)
