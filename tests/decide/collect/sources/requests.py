"""Requests and sources for the tests of this folder."""

from collections.abc import Mapping
from typing import Any

from fieldfare.collect.model import Posted
from fieldfare.collect.sources import open_source
from fieldfare.collect.sources.files import WebhookMappingFile
from fieldfare.collect.sources.mappings import KIND, shipped_webhooks
from fieldfare.collect.sources.model import Failure, Translated, WebhookMapping
from fieldfare.collect.sources.translate import translate
from fieldfare.ground.instants import SECOND
from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Webhook

__all__ = ["WebhookMappingFile", "mapping", "posted", "shipped", "verified"]
AT = 1_760_000_000


def posted(
    body: bytes = b"{}", headers: Mapping[str, str] | None = None, *, query: str = "", at: int = AT, **more: str
) -> Posted:
    """Return a request; `_` in a header's name stands for `-`."""
    named = {**(headers or {}), **more}
    raw = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in named.items()}
    return Posted("till", query, raw, body, at * SECOND)


def verified(driver: str, request: Posted, *secrets: str, **more: Any) -> Failure | None:
    """Return what a driver says of a request."""
    return open_source("till", Webhook(driver=driver, secrets=secrets, mapping="m", **more)).verify(request)


def mapping(text: str) -> WebhookMapping:
    """Return a mapping from its YAML."""
    loaded, problems = compile_file(KIND, "webhooks/m.yaml", text.encode())
    assert loaded is not None
    assert isinstance(loaded.noun, WebhookMapping), [str(problem) for problem in problems]
    return loaded.noun


def shipped(
    name: str, payload: Any, headers: Mapping[str, str] | None = None, *, keep: bool = False, **more: str
) -> Translated:
    """Return what a shipped mapping makes of a payload."""
    request = posted(b"", {**(headers or {}), **more})
    return translate(shipped_webhooks()[name], name, request.headers, payload, keep_unmapped=keep)
