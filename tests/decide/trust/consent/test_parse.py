"""consent.yaml to the policy."""

import msgspec
import pytest

from fieldfare.trust.consent.files import ConsentFile
from fieldfare.trust.consent.model import Basis, ConsentPolicy, Purpose
from fieldfare.trust.consent.parse import parse_consent


def test_purposes() -> None:
    raw = {
        "marketing": {"description": "News", "channels": ["email", "sms"], "notice_version": "3"},
        "transactional": {"consent": "not_required"},
    }
    policy, problems = parse_consent(msgspec.convert({"purposes": raw}, ConsentFile))
    assert not problems
    assert policy == ConsentPolicy(
        {
            "marketing": Purpose("marketing", "News", ("email", "sms"), required=True, notice_version="3"),
            "transactional": Purpose("transactional", required=False, basis=Basis.CONTRACT),
        }
    )


@pytest.mark.parametrize("channels", [["*"], ["email", "email"]])
def test_problems(channels: list[str]) -> None:
    raw = {"purposes": {"marketing": {"channels": channels}}}
    policy, problems = parse_consent(msgspec.convert(raw, ConsentFile))
    assert policy is None
    assert [each.path for each in problems] == [("purposes", "marketing", "channels", len(channels) - 1)]
