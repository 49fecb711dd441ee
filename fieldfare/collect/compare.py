"""Say what changed between the contracts that were in force and those that are to be, and what that means. Pure.

An *incompatible* change may turn events that were accepted into dead letters, or lose them under their name; a *policy*
change alters what may be done with a value; a *notice* is something to look at. Whether senders are really touched is
shown by a replay of what they sent, which is not done here.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from fieldfare.collect.compare_schemas import differences
from fieldfare.collect.contracts import CollectSettings
from fieldfare.collect.files import ContractFile, FieldFile

Versions = Mapping[str, Mapping[int, ContractFile]]
"""Event -> version -> contract."""


class Effect(StrEnum):
    """What a change means for what was accepted before."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    POLICY = "policy"
    NOTICE = "notice"


class Change(msgspec.Struct, frozen=True):
    """One change of one event's contract; ``field`` is empty when it concerns the contract as a whole."""

    event: str
    version: int
    effect: Effect
    field: str
    what: str


def compare(old: Versions, new: Versions, settings: CollectSettings) -> list[Change]:
    """Return every change, by event and version; ``settings`` are those that will hold."""
    found: list[Change] = []
    for event in sorted({*old, *new}):
        before, after = old.get(event, {}), new.get(event, {})
        found += _event(event, before, after, settings)
    return found


def _event(
    event: str, before: Mapping[int, ContractFile], after: Mapping[int, ContractFile], settings: CollectSettings
) -> Iterator[Change]:
    choose = max if settings.unversioned_events == "newest" else min
    if not after:
        is_kept = settings.unknown_events == "keep"
        effect = Effect.COMPATIBLE if is_kept else Effect.INCOMPATIBLE
        yield Change(event, choose(before), effect, "", "the contract was removed")
        return
    default = after[choose(after)]
    if not before:
        yield Change(event, default.version, Effect.COMPATIBLE, "", "the contract is new")
        yield from _contract(ContractFile(event=event), default, settings, is_new=True)
        return
    for version in sorted(before.keys() - after.keys()):
        what = "the version was removed; events that state it are refused"
        # Whoever had one version never had to state it.
        yield Change(event, version, Effect.INCOMPATIBLE if len(before) > 1 else Effect.NOTICE, "", what)
    for version in sorted(after.keys() - before.keys()):
        yield Change(event, version, Effect.COMPATIBLE, "", "the version is new")
    yield from _contract(before[choose(before)], default, settings)
    for version in sorted(before.keys() & after.keys()):
        if version != default.version or version != choose(before):
            yield from _contract(before[version], after[version], settings)


def _contract(
    old: ContractFile, new: ContractFile, settings: CollectSettings, *, is_new: bool = False
) -> Iterator[Change]:
    def change(effect: Effect, field: str, what: str) -> Change:
        return Change(new.event, new.version, effect, field, what)

    found = list(differences(old.schema, new.schema))
    closes = settings.unknown_fields != "keep"
    for each in found:
        is_lost = closes and each.what == "the field was removed" and each.place not in new.fields
        effect = Effect.INCOMPATIBLE if each.is_narrower or is_lost else Effect.COMPATIBLE
        yield change(effect, each.place, each.what)
    if found and old.version == new.version and not is_new:
        yield change(Effect.NOTICE, "", "the schema changed and the version was not raised")
    for name in sorted({*old.fields, *new.fields}):
        for what in _policy(old.fields.get(name), new.fields.get(name), settings):
            yield change(Effect.POLICY, name, what)
    if old.forbidden_fields != new.forbidden_fields:
        yield change(Effect.POLICY, "", f"`forbidden_fields` is now {new.forbidden_fields or 'what collect.yaml says'}")
    for name in sorted({*old.synonyms} - {*new.synonyms}):
        yield change(Effect.INCOMPATIBLE, "", f"the synonym `{name}` was removed")
    for name in sorted({*new.synonyms} - {*old.synonyms}):
        yield change(Effect.COMPATIBLE, "", f"the synonym `{name}` was added")


def _policy(old: FieldFile | None, new: FieldFile | None, settings: CollectSettings) -> Iterator[str]:
    before, after = old or FieldFile(), new or FieldFile()
    if before.sensitivity != after.sensitivity:
        gone = after.sensitivity not in settings.allowed_sensitivities
        lost = "; it is not allowed, so the value is removed at the door" if gone else ""
        yield f"the sensitivity is {after.sensitivity}, was {before.sensitivity}{lost}"
    if set(before.purposes) != set(after.purposes):
        yield f"the purposes are {_words(after.purposes)}, were {_words(before.purposes)}"
    if before.retention != after.retention:
        yield f"the retention is {after.retention or 'not limited'}, was {before.retention or 'not limited'}"
    if before.unit != after.unit:
        yield f"the unit is {after.unit or 'not said'}, was {before.unit or 'not said'}"


def _words(names: list[str]) -> str:
    return ", ".join(sorted(names)) or "none"
