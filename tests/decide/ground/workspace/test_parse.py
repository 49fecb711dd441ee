"""What `workspace.yaml` means."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.files import WorkspaceFile
from fieldfare.ground.workspace.model import CutRefresh
from fieldfare.ground.workspace.parse import parse_workspace

GOOD: dict[str, Any] = {
    "name": "linden",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "public_url": "https://x.example.com/",
    "brand": {"name": "Linden"},
    "sources": [{"name": "app", "write_key": "${APP}", "verifies": ["email"]}],
}


def test_good() -> None:
    settings, problems = parse_workspace(msgspec.convert(GOOD, WorkspaceFile))
    assert problems == []
    assert settings is not None
    assert settings.public_url == "https://x.example.com"
    assert settings.sources[0].system == "app"
    assert settings.cuts == CutRefresh("nightly", 180)


def test_when_cuts_are_published() -> None:
    told = {**GOOD, "cuts": {"refresh": "weekly", "at": "23:05"}}
    settings, problems = parse_workspace(msgspec.convert(told, WorkspaceFile))
    assert problems == []
    assert settings is not None
    assert settings.cuts == CutRefresh("weekly", 23 * 60 + 5)


@pytest.mark.parametrize(
    ("change", "path", "part"),
    [
        ({"time_zone": "Europe/Berln"}, ("time_zone",), "not a time zone"),
        ({"time_zone": "../../etc/passwd"}, ("time_zone",), "not a time zone"),
        ({"time_zone": ""}, ("time_zone",), "not a time zone"),
        ({"time_zone": "Europe"}, ("time_zone",), "not a time zone"),
        ({"cuts": {"at": "3am"}}, ("cuts", "at"), "`at: 3am` is not a time of the day"),
        ({"cuts": {"at": "24:00"}}, ("cuts", "at"), "is not a time of the day"),
        ({"sources": [{"name": "a", "write_key": "${A}"}] * 2}, ("sources", 1, "name"), "twice"),
        ({"sources": [{"name": "a", "write_key": "${A}"}] * 2}, ("sources", 1, "write_key"), "write key of another"),
        (
            {"sources": [{"name": "a", "write_key": "${A}", "verifies": ["email"], "infers": True}]},
            ("sources", 0, "infers"),
            "verifies and infers",
        ),
    ],
)
def test_bad(change: dict[str, Any], path: tuple[str | int, ...], part: str) -> None:
    settings, problems = parse_workspace(msgspec.convert({**GOOD, **change}, WorkspaceFile))
    assert settings is None
    assert any(p.path == path and part in p.what for p in problems), problems
