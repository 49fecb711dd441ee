"""Turn one payload into calls by a compiled mapping. Pure, and the same payload always gives the same calls.

Each object of the payload goes through the rules in order: every rule that fits gives one call, one that says
``ignore`` ends the search. An object that no rule fits is left out, or kept under ``<mapping>.<topic>`` with its plain
values. What cannot be a call (nobody to attach it to, a value of the wrong type) keeps all that the mapping names, with
the problem in words that quote no value.

Message ids are made from the source, the call, and what names the event: the sender's own id of the notification, or
what the rule says; without either, the bytes of the object. So a notification that is delivered again is the same
event.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import EventName, Item, MessageId, Rule, Test, Translated, Value, WebhookMapping
from fieldfare.collect.sources.paths import Scope, first_of, values_at
from fieldfare.collect.sources.values import UnfitError, digits_as_counted, to_instant, to_kind, to_text, total
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import to_iso
from fieldfare.ground.workspace.model import Webhook

MAX_KEPT_FIELDS = 100
"""Plain values that an unmapped object keeps."""
_encode = msgspec.json.Encoder(order="deterministic").encode
_Fields = tuple[tuple[tuple[str, ...], Value], ...]
_PERSON = ("userId", "anonymousId")


class Named(Protocol):
    """What :func:`to_events` needs of a driver."""

    name: str
    webhook: Webhook


class _Notice(msgspec.Struct, frozen=True):
    """What all calls of one object share."""

    mapping: WebhookMapping
    source: str
    topic: str
    scope: Scope
    named: tuple[str, ...]
    """What names the notification, and the object's number when it holds several."""


def to_events(self: Named, posted: Posted, payload: Any, mapping: WebhookMapping) -> Translated:
    """Return the calls of a verified payload: the ``to_events`` of every driver whose language is a mapping."""
    return translate(mapping, self.name, posted.headers, payload, keep_unmapped=self.webhook.keep_unmapped)


def translate(
    mapping: WebhookMapping, source: str, headers: dict[bytes, bytes], payload: Any, *, keep_unmapped: bool
) -> Translated:
    """Return what the payload becomes. ``keep_unmapped``: objects without a rule are kept under their topic."""
    whole = Scope(payload, payload, headers)
    topic = _topic(mapping, whole)
    objects = values_at(mapping.at, whole) if mapping.at is not None else [payload]
    event_id = first_of(mapping.event_id, whole)
    items: list[Item] = []
    ignored = 0 if objects else 1
    for number, found in enumerate(objects):
        scope = Scope(found, payload, headers)
        base = _as_name(event_id)
        named = (base,) if base else ("body", _encode(found).decode())
        notice = _Notice(mapping, source, topic, scope, (*named, str(number)) if len(objects) > 1 else named)
        became = _object(notice, keep_unmapped=keep_unmapped)
        items += became
        ignored += not became
    return Translated(tuple(_distinct(items)), ignored)


def _topic(mapping: WebhookMapping, scope: Scope) -> str:
    found = first_of((mapping.topic,), scope) if mapping.topic is not None else None
    return _as_name(found)[:100]


def _as_name(value: Any) -> str:
    """Return a plain value as text; anything else names nothing."""
    try:
        return to_text(value).strip()
    except UnfitError:
        return ""


def _distinct(items: list[Item]) -> Iterator[Item]:
    """Give calls of one payload different ids: two rules may make two calls of one name."""
    seen: dict[str, int] = {}
    for item in items:
        message_id = item.call["messageId"]
        count = seen[message_id] = seen.get(message_id, 0) + 1
        yield (
            item
            if count == 1
            else msgspec.structs.replace(item, call={**item.call, "messageId": f"{message_id}:{count}"})
        )


def _object(notice: _Notice, *, keep_unmapped: bool) -> list[Item]:
    items: list[Item] = []
    for rule in notice.mapping.rules:
        if not _fits(rule, notice):
            continue
        if rule.ignore:
            return items
        items.append(_item(rule, notice))
    return items if items or not keep_unmapped else _kept(notice)


def _fits(rule: Rule, notice: _Notice) -> bool:
    if rule.topics and not any(_is_topic(wanted, notice.topic) for wanted in rule.topics):
        return False
    return all(holds(test, notice.scope) for test in rule.tests)


def _is_topic(wanted: str, topic: str) -> bool:
    return topic.startswith(wanted[:-1]) if wanted.endswith("*") else topic == wanted


def holds(test: Test, scope: Scope) -> bool:
    """Return whether a test holds for what stands at its path."""
    found = values_at(test.path, scope)
    match test.operator:
        case "missing":
            return (not found) is test.operand
        case "is_not":
            return not any(_same(value, test.operand) for value in found)
        case "is":
            return any(_same(value, test.operand) for value in found)
        case "in":
            return any(_same(value, one) for value in found for one in test.operand)
        case "starts_with":
            return any(isinstance(value, str) and value.startswith(test.operand) for value in found)
        case _:
            return any(_compares(test.operator, value, test.operand) for value in found)


def _same(value: Any, operand: Any) -> bool:
    return bool(value == operand and isinstance(value, bool) is isinstance(operand, bool))


def _compares(operator: str, value: Any, operand: float) -> bool:
    try:
        number = to_kind(value, "number")
    except UnfitError:
        return False
    held: dict[str, bool] = {
        "below": number < operand,
        "at_most": number <= operand,
        "above": number > operand,
        "at_least": number >= operand,
    }
    return held[operator]


def _item(rule: Rule, notice: _Notice) -> Item:
    problems: list[str] = []
    name = _event_name(rule.event, notice, problems) if rule.type == "track" else ""
    call: dict[str, Any] = {"type": rule.type}
    if rule.type == "track":
        call["event"] = name
    call["messageId"] = _message_id(rule.message_id, notice, rule.type, name, problems)
    _add_ids(call, rule.ids, notice, problems)
    _add_time(call, rule.occurred_at, notice, problems)
    traits = _filled({}, rule.traits, notice, problems)
    if rule.type in {"identify", "group", "alias"}:
        call["traits"] = {**rule.constants, **traits}
    else:
        call["properties"] = _filled(dict(rule.constants), rule.fields, notice, problems)
        if traits:
            call["context"] = {"traits": traits}
    if not any(key in call for key in _PERSON):
        paths = ", ".join(f"`{path.text}`" for key in _PERSON if key in rule.ids for path in rule.ids[key].paths)
        problems.insert(0, f"nobody to attach it to: nothing stands at {paths or 'any path'}")
    return Item(notice.topic, call, "; ".join(problems) or None)


def _event_name(name: EventName, notice: _Notice, problems: list[str]) -> str:
    if name.value is not None:
        text = _as_name(first_of(name.value.paths, notice.scope))
        if text in name.table:
            return name.table[text]
        if not name.table and name.otherwise is None and text:
            return text
    if name.otherwise is not None:
        return name.otherwise
    assert name.value is not None, "a fixed name is `otherwise`"
    problems.append(f"no event name for what stands at `{name.value.paths[0].text}`")
    return ""


def _message_id(rule: MessageId | None, notice: _Notice, type_: str, name: str, problems: list[str]) -> str:
    parts = notice.named
    if rule is not None:
        found = [_as_name(first_of((path,), notice.scope)) for path in rule.paths]
        if rule.as_sent and found[0]:
            return found[0]
        if all(found):
            parts = tuple(found)
        elif rule.as_sent:
            problems.append(f"no message id stands at `{rule.paths[0].text}`")
    return derived_id("webhook", notice.source, type_, name, *parts)


def _id(key: str, value: Value, notice: _Notice, problems: list[str]) -> str | None:
    for path in value.paths:
        for found in values_at(path, notice.scope):
            try:
                text = to_text(found).strip()
            except UnfitError:
                continue  # an expanded object stands where an id may stand; another path names it
            if text:
                inside = _as_name(first_of((value.within,), notice.scope)) if value.within is not None else ""
                return f"{value.prefix}{inside}{':' if inside else ''}{text}"
    if key not in _PERSON:
        problems.append(f"no `{key}` stands at `{value.paths[0].text}`")
    return None


def _add_ids(call: dict[str, Any], ids: dict[str, Value], notice: _Notice, problems: list[str]) -> None:
    for key, value in ids.items():
        given = _id(key, value, notice, problems)
        if given is not None:
            call[key] = given


def _add_time(call: dict[str, Any], value: Value | None, notice: _Notice, problems: list[str]) -> None:
    found = first_of(value.paths, notice.scope) if value is not None else None
    if value is None or found is None:
        return
    try:
        call["timestamp"] = to_iso(to_instant(found, value.format, value.time_zone))
    except UnfitError as error:
        call["timestamp"] = found
        problems.append(f"`occurred_at` is not {error}")


def _filled(target: dict[str, Any], fields: _Fields, notice: _Notice, problems: list[str]) -> dict[str, Any]:
    for path, value in fields:
        try:
            made = _value(value, notice)
        except UnfitError as error:
            made = first_of(value.paths, notice.scope)
            problems.append(f"`{'.'.join(path)}` is not {error}")
        if made is None:
            continue
        part = target
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = made
    return target


def _value(value: Value, notice: _Notice) -> Any:
    """Return the value that a field gets, ``None`` for none. Raises :class:`UnfitError`."""
    found: list[Any] = next((some for path in value.paths if (some := values_at(path, notice.scope))), [])
    if value.combine == "count":
        return len(found)
    if not found:
        return value.default
    digits = 2
    if value.kind in {"minor_units", "major_units"}:
        currency = first_of((value.currency,), notice.scope) if value.currency is not None else None
        digits = digits_as_counted(currency if isinstance(currency, str) else None, notice.mapping.currency_digits)
    if value.minus is not None:
        less = first_of((value.minus,), notice.scope)
        found = [total([found[0]], less=[less] if less is not None else [])]
    made = [_one(value, each, digits) for each in (found if value.combine != "first" else found[:1])]
    match value.combine:
        case "first":
            return made[0]
        case "sum":
            return total(made)
        case "join":
            return ", ".join(to_text(each) for each in made)
        case _:
            return made


def _one(value: Value, found: Any, digits: int) -> Any:
    if value.table:
        text = _as_name(found)
        if text in value.table:
            return value.table[text]
    made = to_kind(found, value.kind, format_=value.format, time_zone=value.time_zone, digits=digits)
    if value.lower or value.upper:
        text = to_text(made)
        return text.lower() if value.lower else text.upper()
    return made


def _kept(notice: _Notice) -> list[Item]:
    """Return the object under its own topic with its plain values; nothing when it belongs to nobody."""
    mapping = notice.mapping
    name = f"{mapping.name}.{notice.topic or 'unknown'}"
    problems: list[str] = []
    call: dict[str, Any] = {"type": "track", "event": name}
    call["messageId"] = _message_id(None, notice, "track", name, problems)
    _add_ids(call, mapping.ids, notice, problems)
    if not any(key in call for key in _PERSON):
        return []
    _add_time(call, mapping.occurred_at, notice, problems)
    here = notice.scope.here
    plain = here.items() if isinstance(here, dict) else ()
    fields = {key: value for key, value in plain if isinstance(value, str | int | float)}
    call["properties"] = dict(list(fields.items())[:MAX_KEPT_FIELDS])
    return [Item(notice.topic, call, "; ".join(problems) or None)]
