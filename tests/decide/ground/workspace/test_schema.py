"""The schema that editors get accepts what loading accepts, and refuses what it refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from fieldfare.flow.workspace import KINDS
from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Kind
from fieldfare.ground.workspace.schema import DRAFT, at, is_secret, kind_schema, struct_schema
from tests.decide.flow.starter import starter_files

CASES = [(kind, name) for kind in KINDS.values() for name in starter_files() if Path(name).match(kind.pattern)]


def printed(kind: Kind) -> Any:
    """Return a validator of the schema as it is printed."""
    return jsonschema_rs.validator_for(json.dumps(kind_schema(kind)))


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[name for _, name in CASES])
def test_schema_and_loading_agree(kind: Kind, name: str) -> None:
    loaded, problems = compile_file(kind, name, starter_files()[name].encode())
    assert problems == []
    assert loaded is not None
    schema = printed(kind)
    assert schema.is_valid(loaded.value)
    wrongs: list[Any] = [{**loaded.value, "surprise": 1}, [], None, {key: [[]] for key in loaded.value}]
    for wrong in wrongs:
        assert not schema.is_valid(wrong)
        again, told = compile_file(kind, name, json.dumps(wrong).encode())
        assert told
        assert again is None or again.noun is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.name))
def test_every_schema_is_a_schema_of_the_draft_with_descriptions(kind: Kind) -> None:
    schema = kind_schema(kind)
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == DRAFT
    root = at(schema, ("$defs", kind.struct.__name__))
    assert root["description"]
    assert root["additionalProperties"] is False


def test_secrets_are_marked() -> None:
    workspace = struct_schema(KINDS["workspace"].struct)
    channels = struct_schema(KINDS["channels"].struct)
    assert is_secret(at(workspace, ("$defs", "SourceFile", "properties", "write_key")))
    assert is_secret(at(channels, ("$defs", "ChannelFile", "properties", "password")))
    assert not is_secret(at(channels, ("$defs", "ChannelFile", "properties", "host")))


def test_at_follows_references_and_survives_wrong_paths() -> None:
    schema = struct_schema(KINDS["workspace"].struct)
    assert at(schema, ("properties", "brand", "properties", "name", "type")) == "string"
    assert at(schema, ("nothing", 3)) is None
