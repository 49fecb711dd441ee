"""Nothing personal stands in clear in any file: needles go in as traits, identifiers, context and bad events."""

import base64
from pathlib import Path

from fieldfare.flow.generate.calls import identify, track
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from tests.scenarios.people import MORNING_AFTER, NOON, joins
from tests.scenarios.whole import opened

PERSONAL = (
    "needle.person",
    "Needlefirst",
    "+49170555needle",
    "needle-user",
    "needle-browser",
    "192.0.2.77",
    "needle-dead",
)
PLAIN = "needle-favourite"
"""A trait that is not personal: it must be found, or the search proves nothing."""


def found_in(folder: Path, needle: str) -> list[str]:
    """Return the files that hold the needle, as it is or in Base64 at any alignment."""
    raw = needle.encode()
    forms = {raw, raw.lower(), raw.upper(), raw.hex().encode()}
    forms |= {base64.b64encode(b" " * shift + raw)[4 if shift else 0 : -4] for shift in range(3)}
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms))


def test_no_needle_is_found_in_any_store(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        traits = {"first_name": "Needlefirst", "phone": "+49170555needle", "favourite_colour": PLAIN}
        whole.play(joins("m-7", NOON, **traits, email="needle.person@example.com"), NOON + HOUR)
        met = identify("needle-user", "m-1", NOON + HOUR, {}, "needle-browser")
        inside = {"email": "needle.person@example.com", "last_name": "Needlefirst"}
        met["context"] = {**met["context"], "ip": "192.0.2.77", "traits": inside}
        dead = track("check_in", "", "m-2", NOON + HOUR, {"note": "needle-dead"})
        del dead["userId"]
        whole.play([(NOON + HOUR, met), (NOON + HOUR + MINUTE, dead)], MORNING_AFTER + DAY)
        whole.installation.loader(whole.lake).sync()
        assert whole.sent("win_back"), "the needles must have passed through rendering and delivery too"
    for needle in PERSONAL:
        assert found_in(folder, needle) == [], needle
    assert {"state.sqlite", "lake.duckdb"} <= set(found_in(folder, PLAIN))
