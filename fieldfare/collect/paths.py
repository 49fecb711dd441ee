"""What the door answers, as tables: paths for calls, other paths, refusals. Pure; routes and their description use it.

Nothing here answers anything. ``routes.py`` serves exactly these paths, ``openapi.py`` describes them, and a test holds
the refusals against the codes that the door's modules raise.
"""

import msgspec

from fieldfare.collect.split import BATCH

CALLS = ("track", "identify", "page", "screen", "group", "alias")
SHORT = {
    "t": "track",
    "i": "identify",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": BATCH,
    "import": BATCH,
}
"""Short paths of browser and mobile SDKs."""
PREFIXES = ("/v1", "", "/api/s", "/api/s/s2s")
"""What stands before the name of a call; the last two are those of ``@jitsu/js``."""

HEALTH, READY, METRICS, DESCRIPTION = "/healthz", "/readyz", "/metrics", "/openapi.json"
IGNORED = "/v1/m"
SETTINGS = "/v1/projects/{key}/settings"
SETTINGS_PREFIX, _, SETTINGS_SUFFIX = SETTINGS.partition("{key}")


WEBHOOK = "/v1/webhooks/{source}"
"""Where other systems post in their own language; see ``sources``."""


class Page(msgspec.Struct, frozen=True):
    """A path of the door that takes no calls."""

    path: str
    method: str
    what: str
    refusals: tuple[str, ...] = ()
    """Codes of its refusals."""
    media: str = "application/json"


PAGES = (
    Page(IGNORED, "POST", "Answered and not kept: numbers that browser SDKs send about themselves."),
    Page(SETTINGS, "GET", "Where browser and mobile SDKs are to send.", ("unknown_write_key", "source_disabled")),
    Page(HEALTH, "GET", "200 while the process runs."),
    Page(READY, "GET", "200 when the log can take calls.", ("not_ready",)),
    Page(METRICS, "GET", "Numbers about the door, for Prometheus.", (), "text/plain"),
    Page(DESCRIPTION, "GET", "This description."),
)


class Refused(msgspec.Struct, frozen=True):
    """One way in which the door says no."""

    status: int
    what: str
    on_call: bool = True
    """Whether a call can meet it."""
    on_webhook: bool = False
    """Whether only a webhook can meet it."""


REFUSALS = {
    "invalid_json": Refused(400, "The body is not a JSON object, or has no list `batch`, or has two."),
    "empty_batch": Refused(400, "`batch` is empty."),
    "bad_encoding": Refused(400, "The content encoding is unknown, or the gzip is damaged or cut."),
    "bad_request": Refused(400, "The bytes are no HTTP request."),
    "unknown_write_key": Refused(401, "No known write key was sent (404 for the settings of an unknown key)."),
    "source_disabled": Refused(404, "The source of this write key is disabled in `workspace.yaml`."),
    "not_found": Refused(404, "There is nothing at this path."),
    "method_not_allowed": Refused(405, "The path was asked with another method; `Allow` names the right ones."),
    "request_timeout": Refused(408, "The request did not come in whole in time."),
    "body_too_large": Refused(413, "The body is over a limit, as sent or unpacked."),
    "too_many_events": Refused(413, "The batch has too many events."),
    "event_too_large": Refused(413, "A single call is too large."),
    "log_busy": Refused(429, "More waits to be written than the bound allows."),
    "door_busy": Refused(429, "More bodies are on their way in than the bound allows."),
    "head_too_large": Refused(431, "The request's head has too many bytes or fields."),
    "door_failed": Refused(500, "A defect; nothing was kept."),
    "log_full": Refused(503, "The log or its disk is full."),
    "log_unavailable": Refused(503, "The log is out of reach."),
    "log_damaged": Refused(503, "The log's file is damaged; only its operator can mend it."),
    "log_closed": Refused(503, "The door is stopping."),
    "too_many_connections": Refused(503, "More connections are open than the bound allows."),
    "webhook_unreadable": Refused(
        400,
        "Shadow mode: the sender is not verified, and the body is neither JSON nor a form.",
        on_call=False,
        on_webhook=True,
    ),
    "webhook_unverified": Refused(
        401, "No signature, a wrong one, or one that is too old.", on_call=False, on_webhook=True
    ),
    "webhook_unknown": Refused(404, "No source with a webhook has this name.", on_call=False, on_webhook=True),
    "not_ready": Refused(503, "The door should get no requests now; the message says why.", on_call=False),
}
"""Every code that the door answers with; those of 429 and 503 come with ``Retry-After``."""


def call_paths() -> dict[str, str]:
    """Return every path that takes calls, with the kind of body it expects."""
    kinds = {**{call: call for call in CALLS}, BATCH: BATCH, **SHORT}
    return {f"{prefix}/{name}": kind for prefix in PREFIXES for name, kind in kinds.items()}
