"""The API's route for erasing a person. It changes what cannot be brought back; the answer is the receipt."""

from typing import Any

import msgspec
from fastapi import APIRouter

from fieldfare.flow.erase import Erasure


def erase_routes(erasure: Erasure) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.delete("/api/v1/profiles/{profile:path}")
    def erase(profile: str, actor: str, reason: str) -> dict[str, Any]:
        """Erase a person by profile id or ``kind:value``: keys, rows, sealed parts. It cannot be undone."""
        receipt: dict[str, Any] = msgspec.to_builtins(erasure.erase(profile, actor, reason))
        return receipt

    return router
