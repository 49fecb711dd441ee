"""Reads versions, and writes them: each in one transaction that also looks whether another was applied meanwhile.

A version is written together with its first step, and with what ``serve`` waits for (the definitions that are wanted),
so a crash leaves either nothing or a version that the next start or the next ``apply`` carries out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow.editions import want_change, want_nothing
from fieldfare.flow.versions import drafts, store
from fieldfare.flow.versions.files import content_of, digests_of, thing_of
from fieldfare.flow.versions.model import Change, Digests, Files, Risk, Status, Step, Version
from fieldfare.flow.versions.plan import Base, Planned
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State, one_at_a_time

_json = msgspec.json.Encoder(order="deterministic").encode


def versions(connection: Connection, numbers: Sequence[int] | None = None) -> list[Version]:
    """Return versions with their steps, all when no numbers are given, the oldest first."""
    rows = store.versions(connection, numbers)
    steps: dict[int, list[Step]] = {row["number"]: [] for row in rows}
    for row in store.steps(connection, steps):
        one = Step(status=Status(row["status"]), by=row["by"], reason=row["reason"], at=row["at"])
        steps[row["number"]].append(one)
    return [_version(row, tuple(steps[row["number"]])) for row in rows]


def version(connection: Connection, number: int) -> Version:
    """Return one version. Raises ``CallerError`` ``version_unknown``."""
    found = versions(connection, [number])
    if not found:
        last = store.last_number(connection)
        known = f"There are versions 1 to {last}." if last else "No version was stored yet."
        text = f"There is no version {number}. {known} `fieldfare history` lists them."
        raise CallerError("version_unknown", text, field="version", status=404)
    return found[0]


def base_of(connection: Connection) -> Base:
    """Return what is in force: every version that was applied, and the files of the last."""
    applied = tuple(each for each in versions(connection) if each.status is Status.APPLIED)
    return Base(applied, files_of(connection, applied[-1])) if applied else Base()


def files_of(connection: Connection, of: Version) -> Files:
    """Return the files of a version."""
    contents = store.contents(connection, of.files.values())
    return {path: contents[digest] for path, digest in of.files.items()}


def must_be(connection: Connection, base: int | None) -> None:
    """Raise ``ConflictError`` ``version_passed``, with the difference, when another version than the base holds."""
    held = store.applied_number(connection)
    if held == base:
        return
    now = version(connection, held) if held is not None else None
    then = version(connection, base).files if base is not None else {}
    differing = ", ".join(_differing(then, now.files if now is not None else {})) or "no file"
    whose = f" by {now.proposed.by} on {to_iso(now.steps[-1].at)}" if now is not None else ""
    told = f" ({now.proposed.reason})" if now is not None and now.proposed.reason else ""
    since = f"version {base}" if base is not None else "nothing"
    text = (
        f"Version {held} was applied{whose}{told}, and this was made from {since}. Between them differ: {differing}. "
        f"Look at it with `fieldfare history diff {base or 1} {held}`, bring your files up to date and apply again."
    )
    raise ConflictError("version_passed", text)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is to be written."""

    base: int | None
    files: Files
    changes: tuple[Change, ...] = ()
    risks: tuple[Risk, ...] = ()
    audiences: tuple[str, ...] = ()
    triggers: bool = False
    restores: int | None = None


def insert(connection: Connection, draft: Draft, step: Step) -> int:
    """Write a version, waiting, with its first step; return its number."""
    number = store.last_number(connection) + 1
    digests = digests_of(draft.files)
    row = {
        "number": number,
        "base": draft.base,
        "content": content_of(digests),
        "files": _json(digests).decode(),
        "changes": _json(draft.changes).decode(),
        "risks": _json(draft.risks).decode(),
        "audiences": _json(draft.audiences).decode(),
        "triggers": draft.triggers,
        "restores": draft.restores,
    }
    store.insert_version(connection, row, {digests[path]: raw for path, raw in draft.files.items()})
    add_step(connection, number, step)
    return number


def take_first(state: State, files: Files, by: str, at: Instant) -> None:
    """Take the workspace of a first start as version 1, in force; where there are versions, do nothing."""
    waiting = Step(status=Status.WAITING, by=by, reason="first start", at=at)
    with state.write() as connection:
        one_at_a_time(connection)
        if not store.last_number(connection):
            number = insert(connection, Draft(base=None, files=files), waiting)
            add_step(connection, number, msgspec.structs.replace(waiting, status=Status.APPLIED))


def files_in_force(state: State) -> tuple[int, Files] | None:
    """Return the version in force and its files, ``None`` when none was applied yet."""
    with state.read() as connection:
        number = store.applied_number(connection)
        return None if number is None else (number, files_of(connection, version(connection, number)))


def files_at(connection: Connection, number: int) -> Digests:
    """Return the digests of the files of a version by path; none of version 0."""
    return version(connection, number).files if number else {}


def same_since(connection: Connection, path: str) -> Instant | None:
    """Return when the file in force came into force as it is; ``None`` when no version was applied, or it has none."""
    applied = store.applied(connection)
    files = {each.number: each.files for each in versions(connection, [number for number, _ in applied])}
    since, digest = None, None
    for number, at in reversed(applied):
        held = files[number].get(path)
        if held is None or digest not in (None, held):
            break
        since, digest = at, held
    return since


def add_step(connection: Connection, number: int, step: Step) -> None:
    """Add a step to a version."""
    told = {"status": step.status.value, "by": step.by, "reason": step.reason, "at": step.at}
    store.insert_step(connection, {"number": number, **told})


def put_in_force(connection: Connection, number: int, planned: Planned, step: Step, *, triggers: bool) -> None:
    """Note that a version is applied, by whom the step says, and ask for its definitions where others hold.

    Drafts that say what it says are dropped with it.
    """
    add_step(connection, number, msgspec.structs.replace(step, status=Status.APPLIED))
    drafts.settle(connection, version(connection, number).files)
    if planned.standing.is_begun:
        want_nothing(connection)
    else:
        want_change(connection, planned.digest, planned.audiences, triggers=triggers)


def _differing(one: Digests, other: Digests) -> Iterable[str]:
    return (thing_of(path) for path in sorted(one.keys() | other.keys()) if one.get(path) != other.get(path))


def _version(row: dict[str, Any], steps: tuple[Step, ...]) -> Version:
    return Version(
        number=row["number"],
        base=row["base"],
        content=row["content"],
        files=msgspec.json.decode(row["files"], type=Digests),
        changes=msgspec.json.decode(row["changes"], type=tuple[Change, ...]),
        risks=msgspec.json.decode(row["risks"], type=tuple[Risk, ...]),
        audiences=msgspec.json.decode(row["audiences"], type=tuple[str, ...]),
        triggers=row["triggers"],
        restores=row["restores"],
        steps=steps,
    )
