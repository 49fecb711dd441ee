"""Compile contract and ``collect.yaml`` files into nouns. Pure; what needs other files is checked in ``flow``."""

from typing import Any

import jsonschema_rs

from fieldfare.collect.contracts import CollectSettings, Contract, Field
from fieldfare.collect.files import CollectFile, ContractFile, FieldFile
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.parse import MOST_DAYS

__all__ = ["parse_collect", "parse_contract", "parse_mapping"]

_ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"})


def parse_contract(file: ContractFile) -> tuple[Contract | None, list[Problem]]:
    """Return the contract with its schema compiled, or ``None`` with everything that is wrong."""
    problems: list[Problem] = []
    if not file.event.strip():
        problems.append(
            Problem(("event",), "`event` is blank", "A contract is found by its event name", "Name the event")
        )
    validator = _compile(file.schema, problems)
    fields = {name: _field(("fields", name), field, problems) for name, field in file.fields.items()}
    for index, name in enumerate(file.synonyms):
        if not name.strip() or name == file.event:
            what = f"the synonym `{name}` is blank or the event itself"
            problems.append(Problem(("synonyms", index), what, "A synonym is another name", "Remove it"))
    if problems:
        return None, problems
    named = file.schema.get("properties")
    payload_fields = [(name, field) for name, field in fields.items() if not name.startswith("context.")]
    return Contract(
        event=file.event,
        version=file.version,
        description=file.description,
        synonyms=tuple(dict.fromkeys(file.synonyms)),
        fields=fields,
        schema=file.schema,
        validator=validator,
        known=frozenset(named if isinstance(named, dict) else ()) | frozenset(_top(name) for name, _ in payload_fields),
        personal=frozenset(_top(name) for name, field in payload_fields if field.sensitivity != "none"),
        plain=frozenset(name for name, field in fields.items() if field.sensitivity == "none" and "." not in name),
        forbidden_fields=file.forbidden_fields,
        file=file,
    ), []


def parse_collect(file: CollectFile) -> tuple[CollectSettings | None, list[Problem]]:
    """Return the settings of the door. ``none`` is always allowed."""
    problems: list[Problem] = []
    keep_raw_days = _days("keep_raw", file.keep_raw, problems)
    remember_days = _days("remember_message_ids", file.remember_message_ids, problems)
    if problems:
        return None, problems
    return CollectSettings(
        unknown_events=file.unknown_events,
        unknown_fields=file.unknown_fields,
        allowed_sensitivities=frozenset({"none", *file.allowed_sensitivities}),
        forbidden_fields=file.forbidden_fields,
        purposes_required=file.purposes_required,
        unversioned_events=file.unversioned_events,
        shipped_contracts=file.shipped_contracts,
        trust_timestamp=file.trust_timestamp,
        assemble_profiles=file.assemble_profiles,
        keep_raw_days=keep_raw_days,
        remember_days=remember_days,
    ), []


def _days(key: str, text: str, problems: list[Problem]) -> int:
    duration = parse_duration(text)
    if isinstance(duration, str) or not duration.days or duration.days > MOST_DAYS:
        what = f"`{key}: {text}` is not a number of days from 1 to {MOST_DAYS}"
        problems.append(Problem((key,), what, "It is counted in days or weeks", "Write, for example, `14 days`"))
        return 0
    return duration.days


def _top(name: str) -> str:
    return name.partition(".")[0]


def _field(path: Path, file: FieldFile, problems: list[Problem]) -> Field:
    days = None
    if file.retention is not None:
        duration = parse_duration(file.retention)
        if isinstance(duration, str) or duration.days is None:
            what = f"`retention: {file.retention}` is not a number of days"
            why = "A retention is counted in days or weeks"
            problems.append(Problem((*path, "retention"), what, why, "Write, for example, `400 days`"))
        else:
            days = duration.days
    return Field(file.sensitivity, tuple(file.purposes), days, file.unit)


def _compile(schema: dict[str, Any], problems: list[Problem]) -> Any:
    """Return the compiled schema, ``None`` when it asks for nothing; add a problem when it is not a schema."""
    if not set(schema) - _ANNOTATIONS:
        return None
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (ValueError, TypeError, jsonschema_rs.ValidationError) as error:
        what = f"`schema` is not a JSON Schema: {getattr(error, 'message', None) or error}"
        fix = "Correct it after the rules of JSON Schema 2020-12"
        problems.append(Problem(("schema",), what, "Events are checked with it", fix))
        return None


def _refuse(uri: str) -> Any:
    message = f"it refers to {uri}, and a contract may refer only to itself"
    raise ValueError(message)
