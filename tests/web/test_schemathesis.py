"""Schemathesis over the descriptions of the door and of the API: never a 5xx, and every answer is as described.

The door keeps an event that breaks the description, as a dead letter, and answers 200; so what it must refuse is not
checked here, nor whether a key was needed (a key may stand in the body).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS
from starlette.types import ASGIApp

from fieldfare.assembly.access import open_access
from fieldfare.assembly.api import open_api
from fieldfare.assembly.installation import open_worker
from fieldfare.collect.openapi import describe
from fieldfare.collect.paths import DESCRIPTION, PAGES, WEBHOOK, call_paths
from fieldfare.ground.instants import HOUR
from fieldfare.trust.access.model import Role
from fieldfare.trust.access.secrets import csrf_of
from fieldfare.web.guard import COOKIE, CSRF_HEADER
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import opened
from tests.web.access_app import PASSWORD, cheap
from tests.web.door_process import KEY, running_door

ROUNDS = 20 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 4
FEW = settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
PATIENCE_S = 120
"""A first question may have to load what only it needs."""
ANSWERS_ONLY = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
"""Checks on what comes back, whatever was sent."""
STORIES = "/api/v1/journeys/{name}/stories"
REHEARSALS = frozenset({"/api/v1/simulations", "/api/v1/seasons/rehearse", "/api/v1/replay-decisions", STORIES})
"""They run for long what is asked for; `tests/web/test_rehearsals_api.py` calls them."""
SLOW = frozenset({"/api/v1/memberships/reconcile", "/api/v1/live"}) | REHEARSALS
"""The first asks the lake for every audience, and `tests/cli/test_audiences.py` calls it; the second never ends, and
`tests/web/test_live.py` listens to it."""
ENDS = frozenset(
    {
        "/api/v1/session",
        "/api/v1/session/all",
        "/api/v1/session/oidc",
        "/api/v1/session/oidc/return",
        "/api/v1/access/policy",
    }
)
"""They end what the session may do, or send a browser elsewhere; `test_sign_in.py` and `test_oidc.py` ask them."""


@pytest.fixture(scope="module")
def api_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ASGIApp, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("api") / "data"
    with opened(folder, NOON) as whole:
        whole.play(joins("m-1", whole.clock.now() + HOUR), whole.clock.now() + 2 * HOUR)
        app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
        access, administration = open_access(whole.stores, passwords=cheap())
        invited = administration.invite("test", "kim", "Kim", [Role.OWNER])
        access.redeem(invited.secret, PASSWORD)
        begun = access.sign_in("kim", PASSWORD, None, "here", "a test")
        yield app, {"cookie": f"{COOKIE}={begun.secret}", CSRF_HEADER: csrf_of(begun.secret)}


def only_answers(case: Any, **arguments: Any) -> None:
    chosen = [check for check in CHECKS.get_all() if check.__name__ in ANSWERS_ONLY]
    assert len(chosen) == len(ANSWERS_ONLY)
    case.call_and_validate(checks=chosen, timeout=PATIENCE_S, **arguments)


def run(schema: Any, headers: dict[str, str], *, leave_out: frozenset[str] = frozenset()) -> set[str]:
    """Try every operation of a description; return their paths."""
    paths: set[str] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in leave_out:
            continue
        paths.add(operation.path)

        @FEW
        @given(operation.as_strategy())
        def tried(case: Any) -> None:
            only_answers(case, headers=headers)

        tried()
    return paths


def test_the_door_answers_as_described(tmp_path: Path) -> None:
    """All paths under /v1 and the door's own; the others are the same calls under other names."""
    same = frozenset(path for path in call_paths() if not re.fullmatch(r"/v1/[a-z]{2,}", path))
    with running_door(tmp_path) as door:
        schema = schemathesis.openapi.from_url(f"{door.url}/openapi.json")
        tried = run(schema, {"x-write-key": KEY}, leave_out=same)
        # The tool leaves out the description's own path.
        described = {WEBHOOK} | {page.path for page in PAGES}
        assert tried == (call_paths().keys() - same) | described - {DESCRIPTION}
        assert "fieldfare_door_events_total" in httpx.get(f"{door.url}/metrics").text


def test_the_api_answers_as_described(api_app: tuple[ASGIApp, dict[str, str]]) -> None:
    """As somebody who has signed in, with the cookie of a session and its text, as the console asks."""
    app, headers = api_app
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    assert len(run(schema, headers, leave_out=SLOW | ENDS)) >= 100


def test_the_run_can_fail(tmp_path: Path) -> None:
    """A description that promises another answer is caught."""
    wrong = describe()
    wrong["paths"] = {"/healthz": wrong["paths"]["/healthz"]}
    wrong["paths"]["/healthz"]["get"]["responses"] = {"204": {"description": "nothing"}}
    with running_door(tmp_path) as door:
        schema = schemathesis.openapi.from_dict(wrong)
        schema.config.update(base_url=door.url)
        with pytest.raises(schemathesis.core.failures.FailureGroup) as caught:
            only_answers(schema["/healthz"]["GET"].Case())
    assert "Undocumented status code" in repr(caught.value.exceptions)
