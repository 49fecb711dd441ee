"""The shape of template and block files: what is taken and what is not."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.template_files import BlockFile, TemplateFile

ORDINARY = {"template": "hello", "channel": "email"}


@pytest.mark.parametrize(
    "more",
    [
        {"template": "Hello"},
        {"colour": "red"},
        {"locales": {"de": {"words": "x"}}},
        {"location_fields": {"offer": {}}},
        {"location_fields": {"offer": {"default": "x", "max_length": 0}}},
        {"fallback": {"html": 3}},
        {"track": "no"},
    ],
)
def test_what_is_not_taken(more: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**ORDINARY, **more}, TemplateFile)


def test_what_is_left_out_is_nothing() -> None:
    file = msgspec.convert(ORDINARY, TemplateFile)
    assert (file.text, file.fallback, file.locales, file.track) == (None, None, {}, True)
    assert msgspec.convert({"block": "footer", "module": "footer"}, BlockFile).text is None
