"""An audience while it is edited: what it means in words, how many it would have, some of them, what is wrong with it.

The draft is compiled inside the workspace in force, by the same functions as an apply. How many it would have is asked
of the lake, over all profiles where they are few, else over every n-th of them, and the answer says so; so the time it
takes is bounded. One question at a time: whoever types fast waits for the one before, and the same question within a
minute is answered from memory.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.flow.screens.files import WorkspaceFiles, print_structure, read_text, told_problem
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import MINUTE, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.model import Audience, Listed
from fieldfare.know.audiences.tell import told
from fieldfare.know.audiences.to_lake import Moment, to_lake

LOOKED_AT = 50_000
"""About so many profiles are looked at."""
EXAMPLES = 10
_REMEMBERED = 64
_COUNT = "SELECT count(*) AS profiles FROM profiles"


class AudienceDrafts:
    """Answers about audiences that are not applied."""

    def __init__(
        self,
        files: WorkspaceFiles,
        lake: Lake,
        sync: Callable[[], object],
        moment: Callable[[Instant], Moment],
        clock: Clock,
    ) -> None:
        """Ask this lake; ``sync`` brings it up to date."""
        self._files, self._lake, self._sync, self._moment, self._clock = files, lake, sync, moment, clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[Instant, dict[str, Any]]] = OrderedDict()

    def look(self, text: str | None, structure: dict[str, Any] | None, *, counts: bool = True) -> dict[str, Any]:
        """Return all there is to say of a draft, given as YAML or as structure. Raises ``draft_empty``."""
        if text is None and structure is None:
            raise CallerError("draft_empty", "Give the draft as `yaml` or as `structure`.", field="yaml")
        yaml = text if text is not None else print_structure(structure or {})
        read = read_text(yaml)
        name = read["structure"].get("audience") if isinstance(read["structure"], dict) else None
        path = f"audiences/{name if isinstance(name, str) and name else 'draft'}.yaml"
        workspace, problems = self._files.load(self._in_place(name, path, yaml))
        found: dict[str, Any] = {
            "yaml": yaml,
            "structure": read["structure"] if isinstance(read["structure"], dict) else None,
            "problems": [told_problem(each) for each in problems if each.file == path],
            "others": [told_problem(each) for each in problems if each.file != path and each.is_error],
            "lines": [],
            "count": None,
        }
        audience = workspace.audiences.get(str(name)) if workspace is not None else None
        if workspace is None or audience is None:
            return found
        found["lines"] = told(audience)
        if counts and not isinstance(audience.condition, Listed):
            found["count"] = self._counted(workspace, audience)
        return found

    def _in_place(self, name: Any, path: str, yaml: str) -> dict[str, str | None]:
        """Put the draft in the place of the file that defines the audience now, wherever that lies."""
        _, files = self._files.in_force()
        mark = f"audience: {name}".encode()
        held = [each for each, raw in files.items() if each.startswith("audiences/") and mark in raw.splitlines()]
        return {**dict.fromkeys(held, None), path: yaml}

    def _counted(self, workspace: Workspace, audience: Audience) -> dict[str, Any]:
        now = self._clock.now()
        with self._lock:
            known = self._known.get(audience.digest)
            if known is not None and now - known[0] < MINUTE:
                return known[1]
            found = self._ask(workspace, audience, now)
            self._known[audience.digest] = now, found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _ask(self, workspace: Workspace, audience: Audience, now: Instant) -> dict[str, Any]:
        self._sync()
        profiles: int = self._lake.arrow(_COUNT).to_pylist()[0]["profiles"]
        step = max(1, profiles // LOOKED_AT)
        asked = AudienceLake(self._lake, workspace.audiences, self._moment)
        backend = self._lake.ibis()
        events, people, members = (backend.table(each) for each in ("facts", "profiles", "memberships"))
        if step > 1:
            events, people, members = (each.filter(each.profile_id % step == 0) for each in (events, people, members))
        moment = asked.moment(now, asked.kept(members))
        answer = to_lake(audience.condition, workspace.audiences, events, people, moment)
        ids = sorted(answer.to_pyarrow()["profile_id"].to_pylist())
        return {
            "about": len(ids) * step,
            "is_exact": step == 1,
            "looked_at": profiles // step,
            "profiles": profiles,
            "examples": ids[:EXAMPLES],
            "as_of": to_iso(now),
        }
