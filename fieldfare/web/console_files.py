"""Serves the built console: hashed assets that never change, and one page for every other path that is no API's.

Stands before the application. A path that is the API's, the door's or a customer's link goes on; so does whatever does
not ask for a page. Files are read when they are first asked for and kept compressed. Where the console was not built, a
page says how to build it.
"""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers as RequestHeaders
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "console"
RESERVED = ("/api", "/v1", "/u/", "/p/", "/s/", "/c/", "/l/", "/o/", "/.well-known", "/healthz", "/readyz", "/metrics")
ASSETS = "assets/"
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script but ours. Styles may be inside: the components set them, and previews of e-mails have nothing else."""
_COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".map", ".svg", ".txt", ".webmanifest"})
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fieldfare</title>
<h1>The console is not built</h1>
<p>This installation runs from its sources, and the console's files are not there. Build them with
<code>make console</code> (Node 20 or newer), then load this page again.</p>
<p>The API works without: <a href="/api/openapi.json">its description</a>, and the command
<code>fieldfare --help</code>.</p></html>
"""


class Served(NamedTuple):
    """A file as it is sent."""

    plain: bytes
    zipped: bytes | None
    media: str
    tag: str


class ConsoleFiles:
    """Answers with files of the console, and lets everything else through."""

    def __init__(self, app: ASGIApp, folder: Path = FOLDER) -> None:
        """Stand before an application."""
        self._app, self._folder = app, folder.resolve()
        self._read = lru_cache(maxsize=512)(self._load)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            answer = self._answer(scope["path"], RequestHeaders(scope=scope))
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, path: str, headers: RequestHeaders) -> Response | None:
        if path.startswith(RESERVED):
            return None
        name = path.lstrip("/")
        found = self._file(name) if name else None
        if found is not None:
            return _sent(found, headers, FOREVER if name.startswith(ASSETS) else "no-cache")
        if name.startswith(ASSETS) or "text/html" not in headers.get("accept", ""):
            return None
        page = self._file("index.html")
        if page is None:
            return HTMLResponse(_NOT_BUILT, 503 if name else 200)
        return _sent(page, headers, "no-cache")

    def _file(self, name: str) -> Served | None:
        try:
            place = (self._folder / name).resolve()
            if not place.is_relative_to(self._folder) or not place.is_file():
                return None
        except (OSError, ValueError):  # no name that a file can have
            return None
        return self._read(place, place.stat().st_mtime_ns)

    def _load(self, place: Path, _changed_at: int) -> Served:
        plain = place.read_bytes()
        media = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
        zipped = gzip.compress(plain, 9, mtime=0) if place.suffix in _COMPRESSED else None
        is_text = media.startswith("text/")
        return Served(
            plain,
            zipped,
            f"{media}; charset=utf-8" if is_text else media,
            f'"{hashlib.sha256(plain).hexdigest()[:20]}"',
        )


def takes_gzip(accepted: str) -> bool:
    """Return whether an ``Accept-Encoding`` allows gzip."""
    for part in accepted.split(","):
        name, _, rest = part.partition(";")
        if name.strip().lower() in {"gzip", "*"}:
            quality = rest.replace(" ", "").removeprefix("q=")
            return not quality or quality.strip("0.") != ""
    return False


def _sent(found: Served, headers: RequestHeaders, cache: str) -> Response:
    told = {"cache-control": cache, "etag": found.tag, "vary": "accept-encoding", "content-security-policy": POLICY}
    if found.tag in headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    if found.zipped is not None and takes_gzip(headers.get("accept-encoding", "")):
        return Response(found.zipped, headers={**told, "content-encoding": "gzip"}, media_type=found.media)
    return Response(found.plain, headers=told, media_type=found.media)
