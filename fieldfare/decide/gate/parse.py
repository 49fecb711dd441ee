"""From ``policies.yaml`` to the gate's policy, with every problem at once. Pure; other files check the names."""

import msgspec

from fieldfare.decide.gate.files import CapEntry, PoliciesFile, QuietEntry
from fieldfare.decide.gate.model import Cap, OnHit, PhaseRule, Policy, QuietHours
from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration
from fieldfare.network.calendars.model import Phase
from fieldfare.network.calendars.wall import parse_clock


def _cap(entry: CapEntry, path: Path, problems: list[Problem]) -> Cap:
    per = parse_duration(entry.per)
    if isinstance(per, str):
        problems.append(Problem((*path, "per"), f"`{entry.per}` is no duration", "a cap counts over a span", per))
        per = Duration(1, "day")
    elif per.amount == 0:
        problems.append(
            Problem((*path, "per"), f"`{entry.per}` is empty", "nothing can be counted in it", "Write `7 days`.")
        )
    elif entry.calendar and per.days is None:
        why = "a calendar cap counts whole days"
        fix = "Write days or weeks, or leave `calendar` out."
        problems.append(Problem((*path, "per"), f"`{entry.per}` is shorter than a day", why, fix))
    return Cap(channel=entry.channel, most=entry.most, per=per, calendar=entry.calendar)


def _caps(entries: list[CapEntry], path: Path, problems: list[Problem]) -> tuple[Cap, ...]:
    return tuple(_cap(entry, (*path, index), problems) for index, entry in enumerate(entries))


def _quiet(entry: QuietEntry, problems: list[Problem]) -> QuietHours | None:
    first, end = parse_clock(entry.first), parse_clock(entry.end)
    for key, text, minutes in (("from", entry.first, first), ("to", entry.end, end)):
        if isinstance(minutes, str):
            problems.append(
                Problem(("quiet_hours", key), f"`{text}` is no time of day", "silence needs its hours", minutes)
            )
    if isinstance(first, str) or isinstance(end, str):
        return None
    if first == end:
        why = "it could mean no silence or a whole day of it"
        problems.append(Problem(("quiet_hours", "to"), "`from` and `to` are the same time", why, "Write two times."))
    return QuietHours(first=first, end=end, channels=tuple(entry.channels), on_hit=OnHit(entry.on_hit))


def parse_policies(file: PoliciesFile) -> tuple[Policy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problems: spans without a unit, impossible times, unknown phases."""
    problems: list[Problem] = []
    caps = _caps(file.caps, ("caps",), problems)
    quiet = _quiet(file.quiet_hours, problems) if file.quiet_hours is not None else None
    phases = []
    for index, entry in enumerate(file.phases):
        path: Path = ("phases", index)
        if entry.phase.rpartition(".")[2] not in set(Phase):
            fix = f"Write one of {', '.join(Phase)}, or one of a season such as `january.peak`."
            problems.append(Problem((*path, "phase"), f"`{entry.phase}` is no phase", "no day is in it", fix))
        phase_caps = _caps(entry.caps, (*path, "caps"), problems)
        phases.append(PhaseRule(phase=entry.phase, refuse_purposes=tuple(entry.refuse_purposes), caps=phase_caps))
    if problems:
        return None, problems
    return Policy(
        version=digest(msgspec.json.encode(file, order="deterministic")).hex()[:12],
        caps=caps,
        quiet_hours=quiet,
        phases=tuple(phases),
        minimum_match_confidence=file.minimum_match_confidence,
        holds=tuple(file.holds),
        exempt=frozenset(file.purposes_exempt),
    ), []
