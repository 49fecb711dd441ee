"""The shipped webhook mappings: YAML beside this module, in the language of a workspace's ``webhooks`` folder.

A workspace's own mapping of the same name replaces one, whole. They are tested on documented samples only.
"""

from functools import lru_cache
from importlib.resources import files

from fieldfare.collect.sources.files import WebhookMappingFile
from fieldfare.collect.sources.model import WebhookMapping
from fieldfare.collect.sources.parse_webhook import parse_webhook
from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Kind

KIND = Kind("webhook", "webhooks/*.yaml", WebhookMappingFile, parse_webhook)
"""The kind of file that holds a webhook mapping, shipped or of a workspace."""


@lru_cache(maxsize=1)
def shipped_webhooks() -> dict[str, WebhookMapping]:
    """Return the shipped mappings, compiled, by name."""
    found: dict[str, WebhookMapping] = {}
    for name, text in webhook_texts().items():
        loaded, problems = compile_file(KIND, f"{name}.yaml", text.encode())
        assert loaded is not None, problems
        assert isinstance(loaded.noun, WebhookMapping), "\n".join(map(str, problems))
        found[loaded.noun.name] = loaded.noun
    return found


@lru_cache(maxsize=1)
def webhook_texts() -> dict[str, str]:
    """Return the shipped mappings as they are written, by name, to be copied into a workspace."""
    resources = (each for each in files(__package__).iterdir() if each.name.endswith(".yaml"))
    texts = {each.name.removesuffix(".yaml"): each.read_text("utf-8") for each in resources}
    return dict(sorted(texts.items()))
