"""Write the OpenAPI description of the API, from which the console's client is generated.

``python -m fieldfare.cli.described console/openapi.json`` opens the starter workspace over empty stores in a folder of
its own and asks the application. Neither the description nor the client is kept in git: both are made anew from the
routes. It is for those who work on Fieldfare, and no command.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_worker
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.workspace import init

_KEY = "FIELDFARE_WRITE_KEY"


def description() -> dict[str, Any]:
    """Return the description."""
    os.environ.setdefault(_KEY, "described")
    with tempfile.TemporaryDirectory() as made:
        workspace = Path(made) / "workspace"
        init(workspace)
        stores = open_stores(Path(made) / "data", {})
        try:
            installation = Installation(open_workspace(workspace), stores)
            lake = stores.open_lake()
            return asyncio.run(_asked(open_api(installation, lake, open_worker(installation, lake))))
        finally:
            stores.close()


async def _asked(app: ASGIApp) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://described") as client:
        answered = await client.get("/api/openapi.json")
        found: dict[str, Any] = answered.raise_for_status().json()
        return found


def described() -> str:
    """Return the file."""
    return json.dumps(description(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(described(), encoding="utf-8")
