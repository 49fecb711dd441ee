"""Compile a webhook mapping file into :class:`WebhookMapping`. Pure; what needs other files is checked in ``flow``."""

from fieldfare.collect.sources.files import (
    WebhookIdFile,
    WebhookInstantFile,
    WebhookMappingFile,
    WebhookMessageIdFile,
    WebhookNameFile,
    WebhookRuleFile,
    WebhookTestFile,
    WebhookValueFile,
)
from fieldfare.collect.sources.model import EventName, MessageId, Rule, Test, Value, WebhookMapping
from fieldfare.collect.sources.paths import JsonPath, Root, parse_path
from fieldfare.ground.instants import is_zone
from fieldfare.ground.workspace.model import Path, Problem

OPERATORS = {
    "is": "is_",
    "is_not": "is_not",
    "in": "in_",
    "missing": "missing",
    "below": "below",
    "at_most": "at_most",
    "above": "above",
    "at_least": "at_least",
    "starts_with": "starts_with",
}
"""Operator as written -> attribute of the file struct."""
_IDS = {"userId": "user_id", "anonymousId": "anonymous_id", "previousId": "previous_id", "groupId": "group_id"}
_WITH_TRAITS = frozenset({"identify", "group", "alias"})
_Fields = tuple[tuple[tuple[str, ...], Value], ...]


def parse_webhook(file: WebhookMappingFile) -> tuple[WebhookMapping | None, list[Problem]]:
    """Return the mapping, or ``None`` with everything that is wrong."""
    compiler = _Compiler(file)
    topic = compiler.one(("topic",), file.topic) if file.topic is not None else None
    event_id = compiler.many(("event_id",), file.event_id)
    at = compiler.one(("at",), file.at) if file.at is not None else None
    ids = compiler.ids((), None)
    occurred_at = compiler.instant(("occurred_at",), file.occurred_at)
    rules = tuple(compiler.rule(("events", index), rule) for index, rule in enumerate(file.events))
    if compiler.problems:
        # What stands at the top is compiled for every rule, and told once.
        return None, list(dict.fromkeys(compiler.problems))
    return WebhookMapping(
        name=file.webhook,
        description=file.description,
        topic=topic,
        event_id=event_id,
        at=at,
        rules=rules,
        ids=ids,
        occurred_at=occurred_at,
        currency_digits={code.upper(): digits for code, digits in file.currency_digits.items()},
    ), []


class _Compiler:
    """Compiles the parts of one file and collects what is wrong with them."""

    def __init__(self, file: WebhookMappingFile) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def one(self, place: Path, text: str) -> JsonPath:
        path = parse_path(text)
        if isinstance(path, JsonPath):
            return path
        what, _, fix = path.partition(". ")
        self.problems.append(Problem(place, what, "Values are found by paths", fix))
        return JsonPath(text, Root.OBJECT, ())

    def many(self, place: Path, given: str | list[str] | None) -> tuple[JsonPath, ...]:
        if isinstance(given, list):
            return tuple(self.one((*place, index), text) for index, text in enumerate(given))
        return (self.one(place, given),) if given is not None else ()

    def rule(self, place: Path, file: WebhookRuleFile) -> Rule:
        topics = (file.topic,) if isinstance(file.topic, str) else tuple(file.topic or ())
        self._check_topics(place, topics)
        tests = tuple(self._test((*place, "when", index), test) for index, test in enumerate(file.when))
        if file.ignore:
            return Rule(topics=topics, tests=tests, ignore=True)
        event = self._event(place, file)
        ids = self.ids(place, file)
        self._check_ids(place, file, ids)
        own = file.occurred_at is not None
        occurred_at = self.instant(
            (*place, "occurred_at") if own else ("occurred_at",), file.occurred_at if own else self._file.occurred_at
        )
        fields = self._fields((*place, "fields"), file.fields)
        if fields and file.type in _WITH_TRAITS:
            what, why = f"`fields` stands beside `type: {file.type}`", "Such a call has traits, no properties"
            self.problems.append(Problem((*place, "fields"), what, why, "Write them under `traits`"))
        shared = {name: value for name, value in self._file.traits.items() if name not in file.traits}
        traits = self._fields(("traits",), shared) + self._fields((*place, "traits"), file.traits)
        self._check_twice((*place, "fields"), fields, file.constants)
        self._check_twice((*place, "traits"), traits, file.constants if file.type in _WITH_TRAITS else {})
        return Rule(
            topics=topics,
            tests=tests,
            type=file.type,
            event=event,
            ids=ids,
            occurred_at=occurred_at,
            fields=fields,
            constants=file.constants,
            traits=traits,
            message_id=self._message_id((*place, "message_id"), file.message_id),
        )

    def _check_topics(self, place: Path, topics: tuple[str, ...]) -> None:
        if topics and self._file.topic is None:
            what, why = "a rule names a topic, but the mapping has no `topic`", "Nothing says where the topic stands"
            self.problems.append(Problem((*place, "topic"), what, why, "Write `topic: PATH` at the top"))

    def _test(self, place: Path, file: WebhookTestFile) -> Test:
        given = {name: value for name, key in OPERATORS.items() if (value := getattr(file, key)) is not None}
        path = self.one((*place, "path"), file.path)
        if len(given) != 1:
            what = f"the test of `{file.path}` has {len(given)} operators"
            fix = f"Give exactly one of {', '.join(f'`{name}`' for name in OPERATORS)}"
            self.problems.append(Problem(place, what, "A test asks one question", fix))
            return Test(path, "missing", operand=False)
        operator, operand = next(iter(given.items()))
        return Test(path, operator, operand)

    def _event(self, place: Path, file: WebhookRuleFile) -> EventName:
        given = file.event
        if file.type != "track":
            if given is not None:
                what = f"`event` stands beside `type: {file.type}`"
                self.problems.append(Problem((*place, "event"), what, "Only a `track` has an event name", "Remove it"))
            return EventName()
        if given is None or (isinstance(given, str) and not given.strip()):
            what, why = "`event` is missing", "A `track` needs an event name"
            self.problems.append(Problem(place, what, why, "Write, for example, `event: Order Completed`"))
            return EventName(otherwise="")
        if isinstance(given, WebhookNameFile):
            value = Value((self.one((*place, "event", "path"), given.path),))
            return EventName(value, given.map, given.otherwise)
        return EventName(otherwise=given.strip())

    def ids(self, place: Path, file: WebhookRuleFile | None) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, name in _IDS.items():
            own, above = getattr(file, name, None), getattr(self._file, name, None)
            if own is not None:
                found[key] = self._id((*place, name), own)
            elif above is not None:
                found[key] = self._id((name,), above)
        return found

    def _id(self, place: Path, given: str | list[str] | WebhookIdFile) -> Value:
        if not isinstance(given, WebhookIdFile):
            return Value(self.many(place, given))
        within = self.one((*place, "within"), given.within) if given.within is not None else None
        return Value(self.many((*place, "path"), given.path), prefix=given.prefix, within=within)

    def _check_ids(self, place: Path, file: WebhookRuleFile, ids: dict[str, Value]) -> None:
        if not {"userId", "anonymousId"} & set(ids):
            what, why = "neither `user_id` nor `anonymous_id` is given", "An event must point at a person"
            self.problems.append(Problem(place, what, why, "Name the path that does, here or at the top"))
        for kind, key in (("group", "groupId"), ("alias", "previousId")):
            if file.type == kind and key not in ids:
                what, why = f"`{_IDS[key]}` is missing", f"A call of `type: {kind}` needs it"
                self.problems.append(Problem(place, what, why, "Name its path"))

    def instant(self, place: Path, given: str | WebhookInstantFile | None) -> Value | None:
        if given is None:
            return None
        if isinstance(given, WebhookInstantFile):
            paths = self.many((*place, "path"), given.path)
            return Value(paths, "instant", given.format, self._zone((*place, "time_zone"), given.time_zone))
        return Value(self.many(place, given), "instant")

    def _fields(self, place: Path, given: dict[str, str | WebhookValueFile]) -> _Fields:
        found: list[tuple[tuple[str, ...], Value]] = []
        for name, file in given.items():
            parts = tuple(name.split("."))
            if not all(parts):
                what, why = f"the name `{name}` has an empty part", "Each dot goes into an object"
                self.problems.append(Problem((*place, name), what, why, "Write a name between dots"))
            found.append((parts, self._value((*place, name), file)))
        return tuple(found)

    def _value(self, place: Path, file: str | WebhookValueFile) -> Value:
        if isinstance(file, str):
            path = self.one(place, file)
            return Value((path,), combine="list" if path.many else "first")
        paths = self.many((*place, "path"), file.path)
        is_many = any(path.many for path in paths)
        if file.combine in {"list", "sum", "count", "join"} and not is_many:
            what, why = f"`combine: {file.combine}` without `[*]` in the path", "One value has nothing to combine with"
            self.problems.append(Problem((*place, "combine"), what, why, "Write `[*]` after the list, or remove it"))
        return Value(
            paths,
            file.type,
            file.format,
            self._zone((*place, "time_zone"), file.time_zone),
            file.map,
            file.default,
            file.combine or ("list" if is_many else "first"),
            self.one((*place, "minus"), file.minus) if file.minus is not None else None,
            self.one((*place, "currency"), file.currency) if file.currency is not None else None,
            file.case == "lower",
            file.case == "upper",
        )

    def _check_twice(self, place: Path, fields: _Fields, constants: dict[str, object]) -> None:
        paths = {path for path, _ in fields}
        for path, _ in fields:
            inside = any(path[:length] in paths for length in range(1, len(path)))
            if inside or path[0] in constants:
                name = ".".join(path)
                what = f"the field `{name}` is given twice"
                why = "It is also a constant, or another field stands where its object must be"
                self.problems.append(Problem((*place, name), what, why, "Rename one of them"))

    def _message_id(self, place: Path, given: list[str] | WebhookMessageIdFile | None) -> MessageId | None:
        if given is None:
            return None
        if isinstance(given, list):
            return MessageId(self.many(place, given))
        if given.as_sent and len(given.paths) != 1:
            what, why = "`as_sent` with several paths", "A message id that somebody else sends is one value"
            self.problems.append(Problem((*place, "paths"), what, why, "Name one path"))
        return MessageId(self.many((*place, "paths"), given.paths), given.as_sent)

    def _zone(self, place: Path, zone: str | None) -> str:
        if zone is not None and not is_zone(zone):
            what, why = f"`{zone}` is not a time zone", "Times without an offset need an IANA name"
            self.problems.append(Problem(place, what, why, "Write one such as `Europe/London`"))
        return zone or "UTC"
