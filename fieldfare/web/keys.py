"""The API's route for the keys: how far a rotation is. Shows no key."""

from typing import Any

import msgspec
from fastapi import APIRouter

from fieldfare.trust.access.model import Permission
from fieldfare.trust.keys.rotate import key_status
from fieldfare.trust.keys.seal import Keys
from fieldfare.web.guard import needs


def key_routes(keys: Keys) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/keys", dependencies=needs(Permission.AUDIT_READ))
    def status() -> dict[str, Any]:
        """Tell which version of the wrapping key wraps how many data keys."""
        found: dict[str, Any] = msgspec.to_builtins(key_status(keys), str_keys=True)
        return found

    return router
