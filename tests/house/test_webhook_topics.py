"""The page of webhook sources lists every topic of the shipped mappings with what it becomes; examples compile."""

import re

import pytest

from fieldfare.collect.sources.mappings import KIND, shipped_webhooks
from fieldfare.collect.sources.model import WebhookMapping
from fieldfare.ground.workspace.compile import compile_file
from tests.house.sources import ROOT, texts

PAGE = "docs/reference/webhooks.md"
_BLOCK = re.compile(r"^```yaml\n# (webhooks/\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def told(page: str, name: str) -> set[tuple[str, str]]:
    """Return (topic, what it becomes) as the section of a mapping says."""
    section = re.split(r"^#+ ", page.partition(f"### {name.capitalize()}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found: set[tuple[str, str]] = set()
    for row in re.findall(r"^\| (`.*?) \| (.*?) \|$", section, re.MULTILINE):
        topics, names = (part.replace("`", "").split(", ") for part in row)
        found |= {(topic, name) for topic in topics for name in names}
    return found


def true(mapping: WebhookMapping) -> set[tuple[str, str]]:
    """Return (topic, what it becomes) as the mapping says."""
    found: set[tuple[str, str]] = set()
    for rule in mapping.rules:
        names = [*rule.event.table.values(), rule.event.otherwise] if rule.type == "track" else [rule.type]
        found |= {(topic, name) for topic in rule.topics for name in names if name is not None and not rule.ignore}
    return found


@pytest.mark.parametrize("name", sorted(shipped_webhooks()))
def test_the_page_says_what_the_mapping_does(name: str) -> None:
    assert told((ROOT / PAGE).read_text("utf-8"), name) == true(shipped_webhooks()[name])


def test_planted_a_forgotten_topic_is_seen() -> None:
    page = (ROOT / PAGE).read_text("utf-8").replace("| `orders/paid` | `payment_succeeded` |\n", "")
    assert told(page, "shopify") != true(shipped_webhooks()["shopify"])


def test_mappings_in_documents_compile() -> None:
    blocks = [block for _, text in texts(".md", under="docs/") for block in _BLOCK.findall(text)]
    assert blocks
    for file, text in blocks:
        loaded, problems = compile_file(KIND, file, text.encode())
        assert problems == []
        assert loaded is not None
