"""From ``policies.yaml`` to the gate's policy, with every problem at once. Pure; other files check the names."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from fieldfare.decide.gate.files import (
    ApprovalEntry,
    BudgetEntry,
    CapacityEntry,
    CapEntry,
    ChannelOrderEntry,
    ControlGroupEntry,
    ExclusionEntry,
    PoliciesFile,
    QuietEntry,
    RefuseEntry,
    SelectorEntry,
    ThrottleEntry,
)
from fieldfare.decide.gate.policy import (
    ANY_CHANNEL,
    EVERYTHING,
    Approval,
    Cap,
    ChoicePolicy,
    ControlGroup,
    Exclusion,
    Limit,
    OnHit,
    Policy,
    QuietHours,
    Refused,
    Selector,
    Throttle,
)
from fieldfare.decide.gate.timing import US_PRESET
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration, parse_share
from fieldfare.network.calendars.by_phase import phase_problems
from fieldfare.network.calendars.wall import parse_clock

MOST_HELD_OUT = 0.2
"""A larger control group costs more than it tells."""
_KINDS: dict[str, tuple[str, ...]] = {
    "channel": ("channels",),
    "purpose": ("purposes",),
    "tag": ("tags",),
    "location": ("locations",),
}


E = TypeVar("E", bound=msgspec.Struct)
N = TypeVar("N", bound=msgspec.Struct)


class _Reader:
    """Reads entries and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def tell(self, path: Path, what: str, why: str, fix: str) -> None:
        self.problems.append(Problem(path, what, why, fix))

    def span(self, text: str, path: Path, why: str) -> Duration:
        """Return a span that is longer than nothing."""
        per = parse_duration(text)
        if isinstance(per, str):
            self.tell(path, f"`{text}` is no duration", why, per)
            return Duration(1, "day")
        if per.amount == 0:
            self.tell(path, f"`{text}` is empty", "nothing can be counted in it", "Write `7 days`.")
        return per

    def each(self, entries: Sequence[E], key: str, read: Callable[["_Reader", E, Path], N | None]) -> tuple[N, ...]:
        """Return the rules of a list, each with what it is in phases."""
        found = (self.varied(entry, (key, index), read) for index, entry in enumerate(entries))
        return tuple(rule for rule in found if rule is not None)

    def varied(self, entry: E, path: Path, read: Callable[["_Reader", E, Path], N | None]) -> N | None:
        """Return a rule, and in it what it is in the phases of ``by_phase``: read as if that stood in the entry."""
        before = len(self.problems)
        rule = read(self, entry, path)
        told: Mapping[str, msgspec.Struct] = getattr(entry, "by_phase")  # noqa: B009 - whoever calls has one
        self.problems += phase_problems(told, (*path, "by_phase"))
        if rule is None or not told or len(self.problems) > before:
            return rule
        variants: dict[str, N] = {}
        for phase, said in told.items():
            given = {name: value for name in said.__struct_fields__ if (value := getattr(said, name)) is not None}
            place = (*path, "by_phase", phase)
            if not given:
                self.tell(place, "nothing is written here", "the phase would change nothing", "Remove it.")
            variant = read(self, msgspec.structs.replace(entry, by_phase={}, **given), place)
            if variant is not None:
                variants[phase] = msgspec.structs.replace(variant, phase=phase)
        return msgspec.structs.replace(rule, by_phase=variants)

    def cap(self, entry: CapEntry, path: Path) -> Cap:
        per = self.span(entry.per, (*path, "per"), "a cap counts over a span")
        if entry.calendar and per.days is None:
            what, fix = f"`{entry.per}` is shorter than a day", "Write days or weeks, or leave `calendar` out."
            self.tell((*path, "per"), what, "a calendar cap counts whole days", fix)
        short = Selector(
            channels=() if entry.channel == ANY_CHANNEL else (entry.channel,),
            purposes=(entry.purpose,) if entry.purpose is not None else (),
            tags=(entry.tag,) if entry.tag is not None else (),
            locations=(entry.location,) if entry.location is not None else (),
        )
        for name in ("obeys", "counts_towards"):
            long = getattr(entry, name)
            for key, (field,) in _KINDS.items():
                if long is not None and getattr(long, field) and getattr(short, field):
                    what = f"`{key}` and `{name}.{field}` are both written"
                    self.tell((*path, key), what, "one of them would not hold", f"Remove `{key}`.")
        return Cap(
            most=entry.most,
            per=per,
            calendar=entry.calendar,
            obeys=_merged(short, entry.obeys),
            counts_towards=_merged(short, entry.counts_towards),
        )

    def quiet(self, entry: QuietEntry, path: Path) -> QuietHours | None:
        """Return the hours: those of a preset, or both times."""
        spread = parse_duration(entry.spread)
        if isinstance(spread, str):
            self.tell((*path, "spread"), f"`{entry.spread}` is no duration", "the morning needs its length", spread)
            spread = Duration(0, "minute")
        channels, on_hit = tuple(entry.channels), OnHit(entry.on_hit)
        if entry.preset is not None:
            if entry.first is not None or entry.end is not None:
                self.tell(
                    (*path, "preset"), "`preset` stands beside times", "it has its own", "Write one or the other."
                )
            first, end = US_PRESET
            return QuietHours(first=first, end=end, channels=channels, on_hit=on_hit, spread_us=spread.us)
        times: list[int] = []
        for key, text in (("from", entry.first), ("to", entry.end)):
            minutes = parse_clock(text)
            if isinstance(minutes, str):
                what = f"`{text}` is no time of day" if text is not None else f"`{key}` is missing"
                self.tell((*path, key) if text is not None else path, what, "silence needs its hours", minutes)
            else:
                times.append(minutes)
        if len(times) < 2:  # noqa: PLR2004 - from and to
            return None
        if times[0] == times[1]:
            why = "it could mean no silence or a whole day of it"
            self.tell((*path, "to"), "`from` and `to` are the same time", why, "Write two times.")
        return QuietHours(first=times[0], end=times[1], channels=channels, on_hit=on_hit, spread_us=spread.us)

    def quiets(self, entry: QuietEntry | list[QuietEntry] | None) -> tuple[QuietHours, ...]:
        """Return all quiet hours, however they are written."""
        if entry is None:
            return ()
        several = entry if isinstance(entry, list) else [entry]
        paths: list[Path] = [
            ("quiet_hours", i) if isinstance(entry, list) else ("quiet_hours",) for i in range(len(several))
        ]
        read = (self.varied(each, path, _Reader.quiet) for each, path in zip(several, paths, strict=True))
        return tuple(each for each in read if each is not None)

    def refused(self, entries: Sequence[RefuseEntry]) -> tuple[Refused, ...]:
        for index, entry in enumerate(entries):
            for place, phase in enumerate(entry.phases):
                told = phase_problems([phase], ("refuse", index, "phases"))
                self.problems += [msgspec.structs.replace(each, path=(*each.path[:-1], place)) for each in told]
        concerns = self.selectors(entries, "refuse")
        return tuple(
            Refused(concerns=each, phases=tuple(entry.phases)) for each, entry in zip(concerns, entries, strict=True)
        )

    def order(self, entry: ChannelOrderEntry) -> dict[str, tuple[str, ...]]:
        """Return the order of channels by phase; of each, no channel twice."""
        self.problems += phase_problems(entry.by_phase, ("channels", "by_phase"))
        said: dict[Path, list[str]] = {("channels", "order"): entry.order}
        said |= {("channels", "by_phase", phase, "order"): each.order for phase, each in entry.by_phase.items()}
        for path, names in said.items():
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            if twice:
                self.tell(path, f"`{twice[0]}` stands twice", "it has one place", "Remove one.")
        return {phase: tuple(each.order) for phase, each in entry.by_phase.items()}

    def approval(self, entry: ApprovalEntry, _path: Path) -> Approval:
        return Approval(
            name=entry.name,
            concerns=_selector(entry.concerns),
            audience_above=entry.audience_above,
            amount_above=entry.amount_above,
            who=tuple(entry.who),
        )

    def throttle(self, entry: ThrottleEntry, _path: Path) -> Throttle:
        return Throttle(
            base=entry.base,
            events=tuple(entry.events),
            obeys=_selector(entry.obeys or SelectorEntry()),
            counts_towards=_selector(entry.counts_towards or SelectorEntry()),
        )

    def selectors(self, entries: Sequence[SelectorEntry], key: str) -> tuple[Selector, ...]:
        """Return selectors that each say something: an empty one would concern everything."""
        for index, entry in enumerate(entries):
            if _selector(entry) == EVERYTHING:
                why = "it would concern everything"
                self.tell((key, index), "nothing is written here", why, "Write for example `channels: [sms]`.")
        return tuple(_selector(entry) for entry in entries)

    def exclusion(self, entry: ExclusionEntry, path: Path) -> Exclusion:
        twice = sorted(name for name, count in Counter(entry.journeys).items() if count > 1)
        if twice:
            self.tell((*path, "journeys"), f"`{twice[0]}` stands twice", "it cannot give way to itself", "Remove one.")
        hold = self.span(entry.hold, (*path, "hold"), "silence has a length").us if entry.hold is not None else 0
        return Exclusion(name=entry.name, journeys=tuple(entry.journeys), hold_us=hold)

    def control_group(self, entry: ControlGroupEntry | None) -> ControlGroup | None:
        if entry is None:
            return None
        path: Path = ("control_group", "share")
        share = parse_share(entry.share)
        if isinstance(share, str):
            self.tell(path, f"`{entry.share}` is no share", "nobody could be kept out by it", share)
            return None
        if not 0 < share <= MOST_HELD_OUT:
            why = "it would keep out nobody, or cost more than it tells"
            self.tell(path, f"`{entry.share}` is not between 0 and 20 %", why, "Write for example `5 %`.")
        return ControlGroup(share=share, spares=self.selectors(entry.spares, "control_group"))

    def limits(self, file: PoliciesFile) -> tuple[Limit, ...]:
        capacities = self.each(file.capacities, "capacities", _Reader.limit)
        return capacities + self.each(file.budgets, "budgets", _Reader.limit)

    def limit(self, entry: CapacityEntry | BudgetEntry, path: Path) -> Limit:
        per = self.span(entry.per, (*path, "per"), "a limit needs its period")
        backlog, above = "", None
        if isinstance(entry, CapacityEntry):
            backlog, above = entry.backlog or "", entry.backlog_above
            if (entry.backlog is None) is not (entry.backlog_above is None):
                why = "a list and the number of tasks belong together"
                self.tell(path, "one of `backlog` and `backlog_above` is missing", why, "Write both.")
        return Limit(
            name=entry.name,
            concerns=_selector(entry.concerns),
            most=entry.most,
            is_money=isinstance(entry, BudgetEntry),
            per=per,
            calendar=per.days is not None,
            by_location=entry.by_location,
            backlog_list=backlog,
            backlog_above=above,
        )

    def choice(self, file: PoliciesFile) -> ChoicePolicy:
        """Return how channels are chosen."""
        entry, path = file.choice, ("choice",)
        for twice in sorted(name for name, count in Counter(entry.by).items() if count > 1):
            self.tell((*path, "by"), f"`{twice}` stands twice", "the first place decides", "Remove one.")
        least: dict[str, int] = {}
        for name, text in sorted(entry.least_engagement.items()):
            share = parse_share(text)
            if isinstance(share, str):
                why = "people answer a share of their messages"
                self.tell((*path, "least_engagement", name), f"`{text}` is no share", why, share)
                continue
            least[name] = round(share * 100)
        bands = entry.value.bands if entry.value is not None else []
        return ChoicePolicy(
            by=tuple(entry.by),
            urgent_priority=entry.urgent.priority if entry.urgent is not None else None,
            urgent_channels=tuple(entry.urgent.channels) if entry.urgent is not None else (),
            value_trait=entry.value.trait if entry.value is not None else "",
            value_bands=tuple(
                (band.above, tuple(band.channels)) for band in sorted(bands, key=lambda each: -each.above)
            ),
            preferred=entry.preferred,
            least_engagement=least,
            costs=dict(sorted(file.costs.items())),
        )

    def names(self, file: PoliciesFile) -> None:
        """Tell names that stand twice: uses and waits are kept by them."""
        groups: tuple[tuple[str, Iterable[str]], ...] = (
            ("capacities", [*(each.name for each in file.capacities), *(each.name for each in file.budgets)]),
            ("approvals", (each.name for each in file.approvals)),
            ("exclusions", (each.name for each in file.exclusions)),
        )
        for key, names in groups:
            for name in sorted(name for name, count in Counter(names).items() if count > 1):
                self.tell((key,), f"the name `{name}` stands twice", "what is counted is kept by name", "Rename one.")

    def keep_days(self, text: str) -> int:
        kept = parse_duration(text)
        if isinstance(kept, str) or kept.days is None or kept.days == 0:
            why = "decisions are kept by days"
            self.tell(("keep_decisions",), f"`{text}` is no number of days", why, "Write for example `14 days`.")
            return 14
        return kept.us // DAY


def _selector(entry: SelectorEntry) -> Selector:
    return Selector(**{name: tuple(getattr(entry, name)) for name in Selector.__struct_fields__})


def _merged(short: Selector, long: SelectorEntry | None) -> Selector:
    if long is None:
        return short
    told = {name: tuple(getattr(long, name)) or getattr(short, name) for name in Selector.__struct_fields__}
    return Selector(**told)


def parse_policies(file: PoliciesFile) -> tuple[Policy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problems: spans without a unit, impossible times, unknown phases."""
    reader = _Reader()
    reader.names(file)
    policy = Policy(
        version=digest(msgspec.json.encode(file, order="deterministic")).hex()[:12],
        caps=reader.each(file.caps, "caps", _Reader.cap),
        throttles=reader.each(file.throttles, "throttles", _Reader.throttle),
        quiet_hours=reader.quiets(file.quiet_hours),
        refused=reader.refused(file.refuse),
        verified=tuple(_selector(each) for each in file.verified),
        exclusions=tuple(reader.exclusion(each, ("exclusions", i)) for i, each in enumerate(file.exclusions)),
        control_group=reader.control_group(file.control_group),
        approvals=reader.each(file.approvals, "approvals", _Reader.approval),
        limits=reader.limits(file),
        costs=dict(sorted(file.costs.items())),
        choice=reader.choice(file),
        healthy=tuple(metric.value for metric in file.require_healthy),
        minimum_match_confidence=file.minimum_match_confidence,
        holds=tuple(file.holds),
        exempt=frozenset(file.purposes_exempt),
        keep_days=reader.keep_days(file.keep_decisions),
        channel_order=tuple(file.channels.order),
        channel_order_by_phase=reader.order(file.channels),
    )
    return (None, reader.problems) if reader.problems else (policy, [])
