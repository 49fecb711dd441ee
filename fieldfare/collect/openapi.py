"""The door's OpenAPI 3.1 document, made from the tables that the door answers by. Pure.

Events are described as senders write them. The door keeps an event that breaks this and tells why in a dead letter, so
the description is what to send, not what is refused; what is refused stands with each status.
"""

from typing import Any

from fieldfare.collect.paths import PAGES, REFUSALS, WEBHOOK, Page, call_paths
from fieldfare.collect.split import BATCH

_ID = {"type": ["string", "integer", "null"], "maxLength": 500}
_TIME = {"type": ["string", "null"], "description": "ISO 8601.", "examples": ["2026-01-15T17:42:09.123Z"]}
_OBJECT = {"type": ["object", "null"]}
_COMMON: dict[str, Any] = {
    "messageId": {"type": ["string", "null"], "maxLength": 100, "description": "The same when sent again."},
    "userId": _ID,
    "anonymousId": _ID,
    "timestamp": _TIME,
    "originalTimestamp": _TIME,
    "sentAt": _TIME,
    "context": _OBJECT,
    "integrations": _OBJECT,
}
_OWN: dict[str, dict[str, Any]] = {
    "track": {"event": {"type": "string", "minLength": 1}, "properties": _OBJECT},
    "identify": {"traits": _OBJECT},
    "page": {"name": {"type": ["string", "null"]}, "properties": _OBJECT},
    "screen": {"name": {"type": ["string", "null"]}, "properties": _OBJECT},
    "group": {"groupId": _ID, "traits": _OBJECT},
    "alias": {"previousId": _ID},
}
_KEY = {"type": ["string", "null"], "description": "Write key, when no header carries it."}
_RETRY = {"description": "Seconds after which to send again.", "schema": {"type": "integer", "minimum": 1}}
_RESET = {"description": "The same as seconds since 1970.", "schema": {"type": "integer"}}
_WAITS = {429: {"Retry-After": _RETRY, "X-RateLimit-Reset": _RESET}, 503: {"Retry-After": _RETRY}}
_CODES = {"type": "string", "enum": sorted(REFUSALS)}
_BY_TRANSPORT = ("bad_request", "request_timeout", "head_too_large", "too_many_connections")
"""Refusals that any path can meet, before it is looked at."""


def describe() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, kind in call_paths().items():
        paths[path] = {"post": _call(path, kind)}
    for page in PAGES:
        paths[page.path] = {page.method.lower(): _page(page)}
    paths[WEBHOOK] = {"post": _webhook()}
    schemes = {
        "basic": {"type": "http", "scheme": "basic", "description": "The write key as user name, no password."},
        "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fieldfare's front door", "version": "1", "description": "Takes events; 200 is durable."},
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": schemes},
    }


def _call(path: str, kind: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind}"}
    refused = [code for code, refusal in REFUSALS.items() if refusal.on_call]
    return {
        "operationId": "post" + path.replace("/", "_"),
        "summary": "Take a batch of calls." if kind == BATCH else f"Take one {kind} call.",
        "security": [{"basic": []}, {"header": []}, {"bearer": []}, {}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": _success("The calls are durable."), **_refusals(refused)},
    }


def _webhook() -> dict[str, Any]:
    met = [code for code, refusal in REFUSALS.items() if refusal.on_call or refusal.on_webhook]
    return {
        "operationId": "post_webhook",
        "summary": "Take what another system posts, in its own language, signed in its own way.",
        "parameters": [{"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {"200": _success("It is durable, or knowingly left out."), **_refusals(met)},
    }


def _page(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": page.method.lower() + page.path.replace("/", "_").translate({ord(c): None for c in "{}."}),
        "summary": page.what,
        "responses": {
            "200": {"description": page.what, "content": {page.media: {"schema": {}}}},
            **_refusals((*page.refusals, *_BY_TRANSPORT, "method_not_allowed", "door_failed"), settings=True),
        },
    }
    if "{key}" in page.path:
        told["parameters"] = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}]
        told["responses"] |= _refusals(("not_found",))
    return told


def _success(what: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"success": {"const": True}}, "required": ["success"]}
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _refusals(codes: Any, *, settings: bool = False) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        status = 404 if settings and code == "unknown_write_key" else REFUSALS[code].status
        by_status.setdefault(status, []).append(f"`{code}`: {REFUSALS[code].what}")
    return {
        str(status): {
            "description": " ".join(lines),
            "headers": _WAITS.get(status, {}),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/refusal"}}},
        }
        for status, lines in sorted(by_status.items())
    }


def _schemas() -> dict[str, Any]:
    calls: dict[str, Any] = {}
    items = []
    for kind, own in _OWN.items():
        calls[kind] = {"type": "object", "properties": {**_COMMON, **own, "writeKey": _KEY}}
        named = {"type": {"const": kind}, **_COMMON, **own}
        items.append({"type": "object", "required": ["type"], "properties": named})
    batch = {
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "minItems": 1, "maxItems": 2_500, "items": {"anyOf": items}},
            "context": _OBJECT,
            "integrations": _OBJECT,
            "sentAt": _TIME,
            "writeKey": _KEY,
        },
    }
    refusal = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": _CODES, "message": {"type": "string"}},
        "additionalProperties": False,
    }
    return {**calls, BATCH: batch, "refusal": refusal}
