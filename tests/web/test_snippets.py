"""The snippets of `docs/how-to/send-events.md` run as they stand, but for the address and the key, and deliver."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from fieldfare.collect.model import Event
from tests.web.door_process import COLON_KEY, KEY, RunningDoor, need, running_door
from tests.web.test_sdks import MODULES, NPM, PEER, PEERS, ROOT, SDK

PAGE = ROOT / "docs" / "how-to" / "send-events.md"
SNIPPETS = [
    (language, text)
    for language, text in re.findall(r"```(python|js|ts|sh)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    if "localhost:8600" in text
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    with running_door(tmp_path_factory.mktemp("door")) as running:
        yield running


def command(language: str, text: str) -> list[str]:
    """Return how a snippet is run."""
    if language == "python":
        need(PEER, PEERS)
        return [str(PEER), "-c", text]
    if language == "sh":
        return ["sh", "-c", text]
    need(MODULES / "@segment" / "analytics-node", NPM)
    return ["node", "--input-type=module", "-e", text]


def test_every_sdk_has_its_snippet() -> None:
    assert [language for language, _ in SNIPPETS] == ["python", "python", "js", "js", "js", "ts", "sh"]


@pytest.mark.parametrize(
    ("language", "text"),
    [pytest.param(*each, id=f"{number}-{each[0]}") for number, each in enumerate(SNIPPETS) if each[0] != "ts"],
)
def test_a_snippet_delivers(door: RunningDoor, language: str, text: str) -> None:
    """The browser's snippet is what `tests/sdk/browser.mjs` does in a real page."""
    before = len(door.items())
    run = (
        text.replace("http://localhost:8600", door.url).replace("YOUR_WRITE_KEY", KEY).replace("NAME:SECRET", COLON_KEY)
    )
    subprocess.run(command(language, run), cwd=SDK, check=True, timeout=60, capture_output=True)
    [event] = door.items()[before:]
    assert isinstance(event, Event)
    assert event.name == "check_in"


def test_the_browsers_snippet_is_what_is_driven() -> None:
    driven = (SDK / "browser.mjs").read_text(encoding="utf-8")
    [text] = [text for language, text in SNIPPETS if language == "ts"]
    for part in ("@segment/analytics-next", "AnalyticsBrowser.load({ writeKey", "cdnURL"):
        assert part in text
        assert part in driven
