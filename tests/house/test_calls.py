"""Time, randomness and permits have one home each."""

import pytest

from tests.house import calls
from tests.house.exemptions import hold
from tests.house.sources import source, sources


def test_forbidden_calls_stand_in_their_home_only() -> None:
    found = [finding for each in sources("fieldfare", "tests", "bench") for finding in calls.forbidden_calls(each)]
    hold("forbidden_calls", found)


def test_nothing_is_patched() -> None:
    found = [finding for each in sources("fieldfare", "tests", "bench") for finding in calls.monkeypatches(each)]
    hold("monkeypatches", found)


def test_only_the_judge_makes_permits() -> None:
    found = [finding for each in sources("fieldfare", "tests", "bench") for finding in calls.forged_permits(each)]
    hold("forged_permits", found)


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.now(tz=None)",
        "import datetime as d\nx = d.datetime.utcnow()",
        "from datetime import date as day\nx = day.today()",
        "import time\nx = time.time()",
        "from time import time_ns",
        "from uuid import uuid4",
        "import uuid\nx = uuid.uuid4()",
        "import random",
        "import secrets as s",
        "import os\nx = os.urandom(3)",
        "import numpy as np\nx = np.random.default_rng(1)",
        "from unittest import mock",
        "from unittest.mock import patch",
        "import time as t\nt.sleep(1)",
    ],
)
def test_planted_calls_are_reported(text: str) -> None:
    assert len(calls.forbidden_calls(source("fieldfare/know/fold.py", text))) == 1


def test_the_homes_may_and_seeded_test_data_may() -> None:
    assert calls.forbidden_calls(source(calls.CLOCK, "import time\nx = time.time_ns()")) == []
    assert calls.forbidden_calls(source(calls.IDS, "import secrets\nx = secrets.token_bytes(1)")) == []
    assert calls.forbidden_calls(source("tests/a.py", "import random\nx = random.Random(1)")) == []
    assert calls.forbidden_calls(source("fieldfare/a.py", "import time\nx = time.perf_counter()")) == []
    assert len(calls.forbidden_calls(source("tests/a.py", "import time\ntime.sleep(1)"))) == 1


def test_planted_patches_are_reported() -> None:
    assert len(calls.monkeypatches(source("tests/a.py", "def test_a(monkeypatch): ..."))) == 1
    assert len(calls.monkeypatches(source("tests/a.py", "import pytest\nx = pytest.MonkeyPatch()"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "x = Permit(proposal_id='a')",
        "from fieldfare.decide.gate import model\nx = model.Permit()",
        "from fieldfare.decide.gate.model import Permit as P\nx = P()",
        "import msgspec\nx = msgspec.convert({}, Permit)",
        "import msgspec\nx = msgspec.json.Decoder(type=Permit)",
    ],
)
def test_planted_forged_permits_are_reported(text: str) -> None:
    assert len(calls.forged_permits(source("fieldfare/act/delivery/run.py", text))) == 1
    assert calls.forged_permits(source(calls.JUDGE, text)) == []


def test_using_a_permit_is_no_forgery() -> None:
    text = "def send(permit: Permit) -> None:\n    assert isinstance(permit, Permit)"
    assert calls.forged_permits(source("fieldfare/act/delivery/run.py", text)) == []
