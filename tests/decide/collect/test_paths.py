"""The door's tables: every call under every name, and every code that the door raises is among the refusals."""

from fieldfare.collect.paths import CALLS, PAGES, PREFIXES, REFUSALS, call_paths
from tests.house.documented import error_codes
from tests.house.sources import ROOT, source

DOOR = {f"fieldfare/collect/{name}.py" for name in ("routes", "wire", "read_body", "sources/receive")}
LOG = {"fieldfare/ground/log/commit.py", "fieldfare/ground/log/sqlite.py", "fieldfare/ground/log/postgres.py"}
BY_HAND = {
    "bad_request",
    "request_timeout",
    "head_too_large",
    "too_many_connections",
    "method_not_allowed",
    "door_failed",
}
"""Answered without an exception: by the connection, for a wrong method, and for a defect."""


def test_every_call_has_every_name() -> None:
    paths = call_paths()
    assert {paths[f"{prefix}/{call}"] for prefix in PREFIXES for call in CALLS} == set(CALLS)
    assert (paths["/v1/b"], paths["/import"], paths["/api/s/track"], paths["/v1/s"]) == (
        "batch",
        "batch",
        "track",
        "screen",
    )
    assert not paths.keys() & {page.path for page in PAGES}


def test_the_refusals_are_those_that_are_raised() -> None:
    modules = [source(path, (ROOT / path).read_text("utf-8")) for path in sorted(DOOR | LOG)]
    raised = {code for module in modules for code in error_codes(module)}
    assert raised | BY_HAND == REFUSALS.keys()
