"""What a file of a broadcast may say."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.broadcasts.files import BroadcastFile
from tests.decide.act.broadcasts.test_parse import PLAIN


@pytest.mark.parametrize(
    "wrong",
    [
        {"broadcast": "Spring Offer"},
        {"per_minute": 0},
        {"priority": 101},
        {"approve_above": -1},
        {"audiences": "all"},
        {"stays": "yes"},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**PLAIN, **wrong}, BroadcastFile)
