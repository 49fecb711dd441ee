"""Content blocks: put in by part, once, and told where they are missing."""

from typing import Any

import pytest

from fieldfare.act.delivery.blocks import Block, parse_block, with_blocks
from fieldfare.act.delivery.template_files import BlockFile

FOOTER = Block("footer", {"text": "Linden\n", "mjml": "<mj-section/>"})


def test_each_part_gets_the_same_part_of_the_block() -> None:
    value = {
        "template": "{% block footer %}",
        "text": "Hi\n{% block footer %}",
        "subject": "{%- block footer -%}",
        "mjml": "<mjml>{% block footer %}</mjml>",
        "html": "{% block footer %}",
        "fallback": {"text": "{% block footer %}"},
        "locales": {"de": {"text": "Hallo {% block footer %}", "fallback": {"text": "{% block footer %}"}}},
    }
    made = with_blocks(value, {"footer": FOOTER})
    assert made["text"] == "Hi\nLinden"
    assert made["subject"] == "Linden"
    assert made["mjml"] == "<mjml><mj-section/></mjml>"
    assert made["html"] == "{% block footer %}", "the block has no html: the template's check tells it"
    assert made["fallback"] == {"text": "Linden"}
    assert made["locales"]["de"] == {"text": "Hallo Linden", "fallback": {"text": "Linden"}}
    assert made["template"] == "{% block footer %}"


@pytest.mark.parametrize("value", [None, 1, "x", [], {"text": 3, "locales": [1], "fallback": "x"}])
def test_nonsense_passes_through(value: Any) -> None:
    assert with_blocks(value, {"footer": FOOTER}) == value


@pytest.mark.parametrize(("fields", "word"), [({}, "no part"), ({"text": "{% block other %}"}, "stands in a block")])
def test_what_is_wrong_with_a_block(fields: dict[str, Any], word: str) -> None:
    made, problems = parse_block(BlockFile(block="footer", **fields))
    assert made is None
    assert word in problems[0].what
