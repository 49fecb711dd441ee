"""The reference page of access, made from the code: roles, permissions, and what every route of the API needs."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from fieldfare.trust.access.model import MEANINGS, PERMISSIONS, Permission, Role
from fieldfare.web.guard import Needs, api_routes, declared

_HEAD = """# Access

This page is made from the code: do not edit it, run `python -m fieldfare.cli.reference docs/reference`.

Who may do what, in the console and over the API. [Access](../explain/access.md) explains sign-in, sessions and tokens;
[sign in](../how-to/sign-in.md) tells how to begin.

## Roles

A user has one role or several, and may do what any of them may. The last owner cannot be taken away.

"""


def render_access_reference(app: FastAPI) -> str:
    """Return the page as Markdown."""
    return "\n".join(
        [_HEAD + _roles(), "", "## Permissions", "", _permissions(), "", "## Routes", "", _ROUTES, _routes(app), ""]
    )


_ROUTES = """Each route of the API and what it needs. `signed in`: any user or token, whatever they may do; `anybody`:
it carries its own proof, or tells nothing. A call that asks to see personal values in clear (`reveal`) needs
`people.reveal` beside it. [HTTP](http.md) tells more of most of them.
"""


def _roles() -> str:
    rows = ["| permission | " + " | ".join(f"`{role}`" for role in Role) + " |", "|---|" + "---|" * len(Role)]
    for permission in Permission:
        marks = " | ".join("yes" if permission in PERMISSIONS[role] else "" for role in Role)
        rows.append(f"| `{permission}` | {marks} |")
    return "\n".join(rows)


def _permissions() -> str:
    rows = ["| permission | lets somebody do |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{permission}` | {MEANINGS[permission]} |" for permission in Permission)])


def _routes(app: FastAPI) -> str:
    rows = ["| route | needs | what it does |", "|---|---|---|"]
    found = [route for route in api_routes(app.routes) if route.path.startswith("/api/v1")]
    for route in sorted(found, key=lambda each: each.path):
        for method in sorted(route.methods or ()):
            path = route.path.replace(":path}", "}")
            rows.append(f"| `{method} {path}` | {_need(route)} | {_said(route.endpoint)} |")
    return "\n".join(rows)


def _need(route: APIRoute) -> str:
    (found,) = declared(route)
    if not isinstance(found, Needs):
        return "anybody"
    return "signed in" if found.permission is None else f"`{found.permission}`"


def _said(endpoint: Callable[..., Any]) -> str:
    told = " ".join((inspect.getdoc(endpoint) or "").split())
    return told.replace("``", "`").replace("|", "\\|")
