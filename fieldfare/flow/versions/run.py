"""Plan, apply, approve, reject, roll back, and tell of versions: one place for commands, HTTP and the console.

Flow of an apply: read what is in force; plan; refuse what would take back what somebody else applied; then, in one
transaction that looks again whether the same version is in force, write the version and its steps and ask for its
definitions. What carries a risk is written as *waiting* where the workspace names approvers, and nothing else happens.
Asking for the same again finds the same version, so a second delivery changes nothing. Bringing profiles to a version
is not done here: the next start of the server does it in the background, a command that stands alone does it at once.
"""

import difflib
from collections.abc import Sequence
from typing import Any

from fieldfare.flow.editions import want_change
from fieldfare.flow.versions import record
from fieldfare.flow.versions.files import Stale, chosen, digests_of
from fieldfare.flow.versions.model import Files, Needs, Status, Step, Version
from fieldfare.flow.versions.plan import Asked, Base, Planned, Planner, files_invalid
from fieldfare.flow.versions.requests import ApplyRequest, DecisionRequest, RollbackRequest, signed
from fieldfare.flow.versions.told import told_plan, told_version, told_whole
from fieldfare.flow.workspace import KINDS, load_workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.ground.workspace.load import list_files
from fieldfare.trust.access.model import person_behind

_FORBIDDEN = 403


class Versions:
    """Versions of one installation. ``is_serving``: a server applies events by the definitions of now."""

    def __init__(self, state: State, planner: Planner, clock: Clock, *, is_serving: bool) -> None:
        """Keep what every question needs. Whoever serves opens this before another version can be applied."""
        self._state, self._planner, self._clock, self._is_serving = state, planner, clock, is_serving
        self._served = self._base().number if is_serving else None

    def standing(self) -> dict[str, Any]:
        """Return which version is in force, which one is served, and which wait for an approval."""
        with self._state.read() as connection:
            found, base = record.versions(connection), record.base_of(connection)
        waiting = [each.number for each in found if each.status in {Status.WAITING, Status.APPROVED}]
        return {"in_force": base.number, "served": self._served, "waiting": waiting}

    def plan(self, asked: ApplyRequest) -> dict[str, Any]:
        """Return what applying the files would do; nothing is written."""
        base = self._base()
        files = chosen(base.files, taken(asked.files), asked.only)
        one = Asked(files=files, by=asked.by.strip(), triggers=asked.trigger_on_change)
        return told_plan(self._planner.run(one, base))

    def apply(self, asked: ApplyRequest) -> dict[str, Any]:
        """Store the files as a version and put it in force, or let it wait for an approval.

        Raises ``ConflictError`` ``version_passed`` or ``version_stale`` with the difference, ``lake_busy`` when every
        profile must be folded anew beside a server.
        """
        by, reason = signed(asked.by, asked.reason, needs_reason=False)
        base = self._base()
        if asked.base is not None and asked.base != (base.number or 0):
            with self._state.read() as connection:
                record.must_be(connection, asked.base or None)
        files = chosen(base.files, taken(asked.files), asked.only)
        planned = self._planner.run(Asked(files=files, by=by, triggers=asked.trigger_on_change), base)
        if asked.base is None and planned.stale:
            raise stale(planned.stale)
        must_be_ready(planned)
        step = Step(status=Status.WAITING, by=by, reason=reason, at=self._clock.now())
        return self._store(files, planned, base, step, triggers=asked.trigger_on_change, restores=None)

    def rollback(self, asked: RollbackRequest) -> dict[str, Any]:
        """Make a version that equals an earlier one, whole or in some files, and apply it as any other."""
        by, reason = signed(asked.by, asked.reason, needs_reason=True)
        base = self._base()
        if asked.base is not None and asked.base != (base.number or 0):
            with self._state.read() as connection:
                record.must_be(connection, asked.base or None)
        with self._state.read() as connection:
            target = record.version(connection, asked.version)
            earlier = record.files_of(connection, target)
        if target.status is not Status.APPLIED:
            text = f"Version {target.number} is {target.status} and never held. Name one that was applied."
            raise CallerError("version_not_applied", text, field="version")
        files = chosen(base.files, earlier, asked.only)
        planned = self._planner.run(Asked(files=files, by=by, goes_back=True), base)
        step = Step(status=Status.WAITING, by=by, reason=reason, at=self._clock.now())
        return self._store(files, planned, base, step, triggers=False, restores=target.number)

    def approve(self, asked: DecisionRequest) -> dict[str, Any]:
        """Approve a waiting version and put it in force.

        Raises ``CallerError`` ``approval_own`` and ``approver_unknown``, ``ConflictError`` ``version_decided`` and
        ``version_passed``.
        """
        by, reason = signed(asked.by, asked.reason, needs_reason=True)
        base, found, files = self._decided(asked.version)
        may_approve(base, found, by)
        planned = self._planner.run(Asked(files=files, by=by, triggers=found.triggers), base)
        step = Step(status=Status.APPROVED, by=by, reason=reason, at=self._clock.now())
        with self._state.write() as connection:
            one_at_a_time(connection)
            record.must_be(connection, found.base)
            must_wait(record.version(connection, found.number))
            record.add_step(connection, found.number, step)
            if not self._must_stop(planned):
                record.put_in_force(connection, found.number, planned, step, triggers=found.triggers)
        return self._outcome(found.number, planned)

    def reject(self, asked: DecisionRequest) -> dict[str, Any]:
        """Reject a waiting version for good; its author may take it back so too."""
        by, reason = signed(asked.by, asked.reason, needs_reason=True)
        base, found, _ = self._decided(asked.version)
        if person_behind(by) != person_behind(found.proposed.by):
            may_approve(base, found, by)
        step = Step(status=Status.REJECTED, by=by, reason=reason, at=self._clock.now())
        with self._state.write() as connection:
            one_at_a_time(connection)
            must_wait(record.version(connection, found.number))
            record.add_step(connection, found.number, step)
        return self.show(found.number)

    def carry_out(self, number: int) -> dict[str, Any]:
        """Put an approved version in force that could not be so beside a server."""
        base = self._base()
        with self._state.read() as connection:
            found = record.version(connection, number)
            files = record.files_of(connection, found)
        if found.status is not Status.APPROVED:
            text = f"Version {number} is {found.status}; only an approved one that waits for its turn is carried out."
            raise CallerError("version_not_approved", text, field="version")
        planned = self._planner.run(Asked(files=files, triggers=found.triggers), base)
        self._must_not_serve(planned)
        with self._state.write() as connection:
            one_at_a_time(connection)
            record.must_be(connection, found.base)
            record.put_in_force(connection, number, planned, found.steps[-1], triggers=found.triggers)
        return self._outcome(number, planned)

    def history(self, limit: int) -> list[dict[str, Any]]:
        """Return versions, the newest first."""
        with self._state.read() as connection:
            found = record.versions(connection)
            base = record.base_of(connection)
        return [told_version(each, in_force=base.number) for each in reversed(found[-limit:])]

    def show(self, number: int, *, contents: bool = False) -> dict[str, Any]:
        """Return one version with its changes, risks and steps, and if asked for with what its files say."""
        with self._state.read() as connection:
            found, base = record.version(connection, number), record.base_of(connection)
            files = record.files_of(connection, found) if contents else {}
        told = told_whole(found, in_force=base.number, approvers=approvers_of(base))
        said = {path: raw.decode("utf-8", "replace") for path, raw in files.items()}
        return {**told, "contents": said} if contents else told

    def diff(self, one: int, other: int) -> dict[str, Any]:
        """Return how the files of two versions differ, as unified text."""
        with self._state.read() as connection:
            before = record.files_of(connection, record.version(connection, one))
            after = record.files_of(connection, record.version(connection, other))
        return {"from": one, "to": other, "files": unified(before, after)}

    def _base(self) -> Base:
        with self._state.read() as connection:
            return record.base_of(connection)

    def _decided(self, number: int) -> tuple[Base, Version, Files]:
        with self._state.read() as connection:
            found = record.version(connection, number)
            must_wait(found)
            record.must_be(connection, found.base)
            return record.base_of(connection), found, record.files_of(connection, found)

    def _store(
        self, files: Files, planned: Planned, base: Base, step: Step, *, triggers: bool, restores: int | None
    ) -> dict[str, Any]:
        if base.applied and not planned.files:
            return self._again(base, planned)
        waits = planned.waits
        if not waits:
            self._must_not_serve(planned)
        with self._state.write() as connection:
            one_at_a_time(connection)
            record.must_be(connection, planned.base)
            known = self._known(connection, planned, triggers=triggers)
            number = known.number if known is not None else 0
            if known is None:
                number = record.insert(connection, draft(planned, files, triggers=triggers, restores=restores), step)
            if known is not None and known.status is Status.APPROVED:
                self._must_not_serve(planned)
                record.put_in_force(connection, number, planned, known.steps[-1], triggers=triggers)
            elif not waits:
                record.put_in_force(connection, number, planned, step, triggers=triggers)
        return self._outcome(number, planned)

    def _again(self, base: Base, planned: Planned) -> dict[str, Any]:
        """Answer for files that are in force already: what is left to do is asked for once more."""
        number = base.applied[-1].number
        if planned.needs is not Needs.NOTHING:
            self._must_not_serve(planned)
            with self._state.write() as connection:
                one_at_a_time(connection)
                record.must_be(connection, number)
                if not planned.standing.is_begun:
                    want_change(connection, planned.digest, (), triggers=False)
        return self._outcome(number, planned, is_new=False)

    @staticmethod
    def _known(connection: Any, planned: Planned, *, triggers: bool) -> Version | None:
        """Return the version of the same content and base that waits or is approved already."""
        for each in reversed(record.versions(connection)):
            same = each.content == planned.content and each.base == planned.base and each.triggers == triggers
            if same and each.status in {Status.WAITING, Status.APPROVED}:
                return each
        return None

    def _must_stop(self, planned: Planned) -> bool:
        return self._is_serving and planned.needs is Needs.REFOLD

    def _must_not_serve(self, planned: Planned) -> None:
        if self._must_stop(planned):
            text = (
                "Who is who, or how traits are folded, changed, so every profile must be folded anew, and a server "
                "runs. Stop it, and run this again."
            )
            raise ConflictError("lake_busy", text)

    def _outcome(self, number: int, planned: Planned, *, is_new: bool = True) -> dict[str, Any]:
        return {**self.show(number), "is_new": is_new, "needs": planned.needs.value, "plan": told_plan(planned)}


def must_be_ready(planned: Planned) -> None:
    """Raise ``CallerError`` ``journey_unready`` where a journey lacks what a release check asks for."""
    if planned.unready:
        told = "; ".join(
            f"{name} lacks {', '.join(each.check for each in checks)}" for name, checks in planned.unready.items()
        )
        text = (
            f"Nothing was applied: {told}. `fieldfare journeys checklist` says what to do; what does not apply is "
            "waived in the journey's file, under `waivers`, by a name and for a reason."
        )
        raise CallerError("journey_unready", text, field="files", status=409)


def draft(planned: Planned, files: Files, *, triggers: bool, restores: int | None) -> record.Draft:
    """Return a plan as the version that is to be written."""
    return record.Draft(
        base=planned.base,
        files=files,
        changes=planned.changes,
        risks=planned.risks,
        audiences=planned.audiences,
        triggers=triggers,
        restores=restores,
    )


def taken(files: dict[str, str]) -> Files:
    """Return the files that are of some kind, as bytes. Raises ``CallerError`` ``files_invalid``."""
    for path in files:
        if not path.isprintable() or any(part.startswith(".") for part in path.split("/")):
            text = "The name of a file is hidden or not printable, so no folder of a workspace has it. Leave it out."
            raise CallerError("files_invalid", text, field="files")
    held = {path: text.encode("utf-8", "surrogatepass") for path, text in files.items()}
    kinds, problems = list_files(held, tuple(KINDS.values()))
    if any(problem.is_error for problem in problems):
        raise files_invalid(problems)
    return {path: held[path] for found in kinds.values() for path in found}


def approvers_of(base: Base) -> tuple[str, ...]:
    """Return who may approve changes: those that the version in force names."""
    workspace, _ = load_workspace(base.files)
    return workspace.settings.approvers if workspace is not None else ()


def may_approve(base: Base, found: Version, by: str) -> None:
    """Raise ``CallerError`` unless the name may decide on the version: four eyes are those of two persons."""
    names, person = approvers_of(base), person_behind(by)
    if person == person_behind(found.proposed.by):
        others = ", ".join(name for name in names if name != person) or "nobody: name more `approvers`"
        text = f"{person} made version {found.number}; somebody else must look at it. Who may: {others}."
        raise CallerError("approval_own", text, field="by", status=_FORBIDDEN)
    if person not in names:
        text = f"{by} is not an approver. Those that the version in force names: {', '.join(names) or 'none'}."
        raise CallerError("approver_unknown", text, field="by", status=_FORBIDDEN)


def must_wait(found: Version) -> None:
    """Raise ``ConflictError`` ``version_decided`` unless the version still waits."""
    if found.status is not Status.WAITING:
        last = found.steps[-1]
        text = f"Version {found.number} is {found.status} already, by {last.by}. `fieldfare history` lists what waits."
        raise ConflictError("version_decided", text)


def stale(found: Sequence[Stale]) -> ConflictError:
    """Return the refusal of files that would take back what somebody else applied."""
    told = ", ".join(f"{each.file} (changed by {each.by} in version {each.version})" for each in found)
    last = max(each.version for each in found)
    text = (
        f"These files are as they were before another version changed them: {told}. Applying them takes that back. "
        f"Bring your files up to date, or give `--base` with the version in force, {last} or later, if you mean it."
    )
    return ConflictError("version_stale", text)


def unified(before: Files, after: Files) -> list[dict[str, str]]:
    """Return the files that differ, each with its difference as unified text."""
    found = []
    old, new = digests_of(before), digests_of(after)
    for path in sorted(before.keys() | after.keys()):
        if old.get(path) != new.get(path):
            one, other = (side.get(path, b"").decode("utf-8", "replace").splitlines() for side in (before, after))
            lines = difflib.unified_diff(one, other, f"a/{path}", f"b/{path}", lineterm="")
            found.append({"file": path, "diff": "\n".join(lines)})
    return found
