"""``identity kinds`` prints the policy that is in force."""

import json
from pathlib import Path

import pytest

from tests.cli.test_workspace_commands import call

IDENTITY = """
kinds:
  phone: {joins: verified, joins_although: numbers are confirmed by SMS every month}
  member_no: {priority: 25, from: [traits.no], most_per_profile: 2, per: 30 days}
  advertising_id: {from: []}
blocked: [kiosk-*]
phone_region: AT
"""


def workspace(capsys: pytest.CaptureFixture[str], folder: Path, identity: str) -> Path:
    call(capsys, "init", str(folder))
    (folder / "identity.yaml").write_text(identity)
    return folder


def test_the_policy_in_force_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = workspace(capsys, tmp_path, IDENTITY)
    code, out, err = call(capsys, "identity", "kinds", "--workspace", str(where))
    assert code == 0, err
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert " 25 " in rows["member_no"]
    assert "2 per 30 days" in rows["member_no"]
    assert rows["member_no:"] == "member_no: from traits.no"
    assert rows["email:"].endswith("; verified by the event, app")
    assert "(nowhere)" in rows["advertising_id:"]
    assert "userId, context.externalIds" in rows["user_id:"]
    assert "confirmed by SMS" in out
    assert "code: AT" in out
    assert "1 values; excepted: 0" in out


def test_the_policy_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = workspace(capsys, tmp_path, IDENTITY)
    told = json.loads(call(capsys, "identity", "kinds", "--workspace", str(where), "--json")[1])
    assert list(told["kinds"])[:3] == ["user_id", "membership_id", "member_no"]
    assert told["kinds"]["anonymous_id"]["places"][:2] == ["anonymousId", "previousId"]
    assert told["kinds"]["email"]["verified_by"] == ["app"]
    assert told["kinds"]["user_id"]["verified_by"] is None
    assert (told["phone_region"], told["blocked"]) == ("AT", ["kiosk-*"])


def test_a_policy_with_problems_says_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = workspace(capsys, tmp_path, "kinds:\n  phone: {joins: always}\n")
    code, _, err = call(capsys, "identity", "kinds", "--workspace", str(where))
    assert code == 2
    assert "identity.yaml:2 kinds.phone.joins" in err
    assert "joins_although" in err
