"""The API's route for erasing a person. It changes what cannot be brought back; the answer is the receipt."""

from typing import Any

import msgspec
from fastapi import APIRouter

from fieldfare.flow.erase import Erasure
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import MaybeActor, acting


def erase_routes(erasure: Erasure) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.delete("/api/v1/profiles/{profile:path}", dependencies=needs(Permission.PEOPLE_ERASE))
    def erase(profile: str, reason: str, actor: MaybeActor = None) -> dict[str, Any]:
        """Erase a person by profile id or ``kind:value``: keys, rows, sealed parts. It cannot be undone."""
        receipt: dict[str, Any] = msgspec.to_builtins(erasure.erase(profile, acting(actor) or "", reason))
        return receipt

    return router
