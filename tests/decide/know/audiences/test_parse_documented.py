"""Every example of the reference page is read without a problem and can be said in words."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from fieldfare.know.audiences.explain import sentence
from fieldfare.know.audiences.files import AudienceFile
from fieldfare.know.audiences.measure_files import MeasuresFile
from fieldfare.know.audiences.parse import parse_audience, parse_condition
from fieldfare.know.audiences.parse_measure import parse_measures
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.parse import parse_traits

PAGE = Path(__file__).parents[4] / "docs/reference/audiences.md"


def examples() -> list[Any]:
    fences = PAGE.read_text().split("```yaml\n")[1:]
    return [YAML(typ="safe").load(fence.split("```")[0]) for fence in fences]


def test_the_page_has_examples_of_every_key() -> None:
    assert len(examples()) >= 6


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example)[:40])
def test_examples_are_right(example: Any) -> None:
    if isinstance(example, list):
        for node in example:
            condition, problems = parse_condition(node, ())
            assert condition is not None, problems
            assert sentence(condition)
    elif "measures" in example:
        assert parse_measures(msgspec.convert(example, MeasuresFile))[1] == []
    elif "traits" in example:
        assert parse_traits(msgspec.convert(example, TraitsFile))[1] == []
    else:
        assert parse_audience(msgspec.convert(example, AudienceFile))[1] == []
