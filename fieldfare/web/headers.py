"""Headers that every answer carries: what a browser may do with it. A route that says them itself is left alone.

Pages that go to customers have their styles inside and no script; the API's answers are no pages at all. The console
says its own policy, with a nonce for its styles (:mod:`.console_files`).
"""

from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Headers:
    """Adds the headers to whatever another application answers."""

    def __init__(self, app: ASGIApp, stop: Callable[[], Awaitable[None]] | None = None) -> None:
        """Stand before an application; ``stop`` ends what would else be answered for ever."""
        self._app, self._stop = app, stop

    async def stop(self) -> None:
        """Let listeners go: the server is about to end."""
        if self._stop is not None:
            await self._stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith("/api/")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", API_POLICY if is_api else PAGE_POLICY)
                if is_api:
                    headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, told)
