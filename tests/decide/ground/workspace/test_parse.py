"""What `workspace.yaml` means."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.files import WorkspaceFile
from fieldfare.ground.workspace.model import CutRefresh, LakePlace
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


def test_a_lake_on_spark() -> None:
    told = {"lake": "spark://m:7077", "lake_folder": "s3://b/lake", "lake_settings": {"spark.executor.memory": "4g"}}
    settings, problems = parse_workspace(msgspec.convert(GOOD | told, WorkspaceFile))
    assert problems == []
    assert settings is not None
    assert settings.lake == LakePlace("spark://m:7077", "s3://b/lake", {"spark.executor.memory": "4g"})


@pytest.mark.parametrize(
    ("change", "path", "part"),
    [
        ({"time_zone": "Europe/Berln"}, ("time_zone",), "not a time zone"),
        ({"time_zone": "../../etc/passwd"}, ("time_zone",), "not a time zone"),
        ({"time_zone": ""}, ("time_zone",), "not a time zone"),
        ({"lake": "spark://m:7077"}, ("lake",), "no `lake_folder`"),
        ({"lake_folder": "/lake"}, ("lake_folder",), "`lake_folder` is set"),
        ({"lake_settings": {"spark.x": "1"}}, ("lake_settings",), "`lake_settings` is set"),
        (
            {"lake": "spark://m:7077", "lake_folder": "/lake", "lake_settings": {"x": "1"}},
            ("lake_settings", "x"),
            "no setting of Spark",
        ),
        ({"time_zone": "Europe"}, ("time_zone",), "not a time zone"),
        ({"test_recipients": ["a@b.example", "kim"]}, ("test_recipients", 1), "no e-mail address"),
        ({"test_recipients": ["0151 12345678"]}, ("test_recipients", 0), "no telephone number"),
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
