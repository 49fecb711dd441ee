"""Compile the call that a typed row becomes into one DuckDB expression of JSON text. Pure: text in, text out.

The engine writes the whole call, so that no row becomes Python objects on its way into the log. A part that is missing
is left out, never ``null``. A value that could not be read stands as its text: only bad rows have such, and whoever
repairs one sees what was there. Reads the columns that :mod:`fieldfare.collect.row_sql` names.
"""

from typing import Any

import msgspec

from fieldfare.collect.mapping import FileMapping, MappedField
from fieldfare.collect.row_values import name, text

UNREADABLE = "!"
"""What stands for a list of pairs that could not be read."""
_EXACT = 1 << 53
_Tree = dict[str, "str | _Tree"]


def call(mapping: FileMapping, index: int) -> str:
    """Return the JSON text of the row's event number ``index``."""
    part = mapping.parts[index]
    payload = "traits" if part.type in {"identify", "group"} else "properties"
    inside: _Tree = {key: text(_json(value)) for key, value in part.constants.items()}
    context: _Tree = {key: text(_json(value)) for key, value in mapping.context.items()}
    for at, field in enumerate(part.fields):
        is_context = field.path[0] == "context"
        _put(context if is_context else inside, field.path[1:] if is_context else field.path, _field(field, index, at))
    if mapping.external_ids:
        context["externalIds"] = _external_ids(mapping)
    pairs = f"CASE WHEN pairs{index} <> {text(UNREADABLE)} THEN pairs{index} END" if part.pairs else None
    tree: _Tree = {"type": text(_json(part.type)), "messageId": f"to_json({message_id(mapping, index)})"}
    if part.type == "track":
        tree["event"] = f"to_json(name{index})"
    tree |= {key: f"to_json({name(key, 'id')})" for key in mapping.ids}
    if part.occurred_at is not None:
        tree["timestamp"] = f"coalesce({_iso(f'at{index}')}, to_json(raw_at{index}))"
    tree[payload] = _object(inside, pairs)
    if context:
        tree["context"] = f"nullif({_object(context)}, '{{}}')"
    return _object(tree)


def message_id(mapping: FileMapping, index: int) -> str:
    """Return an id that depends on the source and on what names the event, not on the file or the time of loading.

    It is ``file_`` and the first 26 hex digits of the SHA-256 of the source, the kind of call, its event name, and then
    the columns of ``message_id``, or the group, or the row's number and the digest of all its values. Each of them is
    preceded by its length and a colon; a missing one is a dash.
    """
    if mapping.as_sent:
        return "m0"
    named = [f"m{at}" for at in range(len(mapping.message_id))]
    if not named:
        named = ["group_key"] if mapping.group_by is not None else ["file_row::VARCHAR", "same"]
    part = mapping.parts[index]
    fixed = "".join(f"{len(known)}:{known}" for known in (mapping.source, part.type))
    event = [f"name{index}"] if part.type == "track" else []
    return f"'file_' || left(sha256(concat({', '.join([text(fixed), *map(measured, [*event, *named])])})), 26)"


def measured(value: str) -> str:
    """Return the text after its length, so that texts in a row cannot be taken for others."""
    return f"coalesce(length({value}) || ':' || {value}, '-')"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _put(tree: _Tree, path: tuple[str, ...], value: str) -> None:
    for key in path[:-1]:
        inner = tree.setdefault(key, {})
        assert isinstance(inner, dict), "a mapping gives no path twice"
        tree = inner
    tree[path[-1]] = value


def _object(tree: _Tree, first: str | None = None) -> str:
    """Return the text of an object without its missing members; ``first`` are members written already."""
    members = [f"',' || {first}"] if first is not None else []
    for key, value in tree.items():
        inner = f"nullif({_object(value)}, '{{}}')" if isinstance(value, dict) else value
        members.append(f"{text(f',{_json(key)}:')} || {inner}")
    if not members:
        return "'{}'"
    return f"'{{' || substr(concat({', '.join(members)}), 2) || '}}'"


def _external_ids(mapping: FileMapping) -> str:
    entries: list[str] = []
    for kind in mapping.external_ids:
        fixed = _json({"type": kind, "collection": "users", "encoding": "none"})[:-1]
        entries.append(f"{text(f',{fixed}')} || ',\"id\":' || to_json({name(kind, 'x')}) || '}}'")
    return f"nullif('[' || substr(concat({', '.join(entries)}), 2) || ']', '[]')"


def _field(field: MappedField, index: int, at: int) -> str:
    value, raw = f"f{index}_{at}", f"r{index}_{at}"
    written = _written(field, value)
    if keeps_raw(field):
        written = f"coalesce({written}, to_json({raw}))"
    if field.map:
        known = {key: "NULL" if new is None else text(_json(new)) for key, new in field.map.items()}
        whens = "".join(f" WHEN {text(key)} THEN {new}" for key, new in known.items())
        written = f"CASE {raw}{whens} ELSE {written} END"
    return written if field.default is None else f"coalesce({written}, {text(_json(field.default))})"


def keeps_raw(field: MappedField) -> bool:
    """Return whether a typed row keeps a field's text beside its value: it can differ, or be unreadable."""
    return bool(field.map) or field.how == "product" or (field.how == "column" and field.type != "text")


def _written(field: MappedField, value: str) -> str:
    if field.split is not None:
        trimmed = f"list_transform(string_split({value}, {text(field.split)}), lambda x: trim(x))"
        return f"to_json(list_filter({trimmed}, lambda x: x <> ''))"
    if field.how == "column":
        if field.type == "instant":
            return _iso(value)
        if field.type == "json":
            return value
    if field.how == "sum" and field.type != "money":  # a sum of whole numbers is whole
        whole = f"{value} = trunc({value}) AND abs({value}) < {_EXACT}"
        return f"CASE WHEN {whole} THEN to_json({value}::BIGINT) ELSE to_json({value}) END"
    return f"to_json({value})"


def _iso(at: str) -> str:
    plain = f"strftime(make_timestamp({at}), '\"%Y-%m-%dT%H:%M:%SZ\"')"
    precise = f"strftime(make_timestamp({at}), '\"%Y-%m-%dT%H:%M:%S.%fZ\"')"
    return f"CASE WHEN {at} % 1000000 = 0 THEN {plain} ELSE {precise} END"
