"""The shipped stages: YAML beside this module, loaded once. A workspace takes them when it says so."""

from functools import lru_cache
from importlib.resources import files

import msgspec
from ruamel.yaml import YAML

from fieldfare.know.lifecycle.files import LifecycleFile
from fieldfare.know.lifecycle.model import Stage
from fieldfare.know.lifecycle.parse import parse_lifecycle


@lru_cache(maxsize=1)
def shipped_stages() -> tuple[Stage, ...]:
    """Return the shipped stages in their order."""
    text = files(__package__).joinpath("stages.yaml").read_text("utf-8")
    lifecycle, problems = parse_lifecycle(msgspec.convert(YAML(typ="safe").load(text), LifecycleFile))
    assert lifecycle is not None, problems
    return lifecycle.own
