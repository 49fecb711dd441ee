"""The shell that chooses channels and moments, and lets messages be followed. It decides nothing.

Before every round of delivery, for as many messages as the round takes:

1. *follow* (one transaction): messages that ended and may be followed are locked; what follows is written with the note
   that nothing more does. A crash before the commit leaves both undone, and a second run makes the same follower under
   the same id. A step has one row by each channel, so whatever happens nobody gets two. A broadcast that was done runs
   on in the same transaction, so that a pause holds what follows too. Of one that was cancelled nothing follows.
2. *choose*: facts of every way are read in one snapshot, as for a rehearsal; the choice is written in a transaction of
   its own, if nobody else has chosen meanwhile. Facts that changed in between do no harm: the gate judges the message
   anew when it is due, and a refusal there leads back to 1.

While consent records wait that name the person or the address, nothing is chosen for them. Habits of places are read
once an hour.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from fieldfare.act.delivery.follow import Follower, Following, Look, Nothing, following, until_useful
from fieldfare.act.delivery.parts import DeliveryPorts, DeliverySettings
from fieldfare.act.delivery.ports import Channel, Tx
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.gate.choice import Way, choose
from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.model import Facts
from fieldfare.decide.gate.policy import in_phases
from fieldfare.decide.gate.rules import PENDING_WAIT
from fieldfare.decide.gate.send_time import Habits, Moment, best_moment, by_hour
from fieldfare.decide.gate.timing import is_silent
from fieldfare.decide.journeys.definition import Fallback
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, to_iso
from fieldfare.network.calendars.wall import minute_of_day

LOOK_BACK = 90 * DAY
"""How far back a person's answers count."""
PLACES_LOOK_BACK = 28 * DAY
HALTED_WAIT = 5 * MINUTE
"""What follows in a broadcast that is paused is looked at so often."""

FactsOf = Callable[[Tx, Sequence[Proposal], Instant], list[Facts]]


class Choosing:
    """Chooses and follows, over delivery's ports."""

    def __init__(
        self, settings: DeliverySettings, ports: DeliveryPorts, channels: Mapping[str, Channel], facts_of: FactsOf
    ) -> None:
        """``facts_of`` reads what the gate looks at for proposals as they are, and writes nothing."""
        self._policy, self._ports, self._channels, self._facts_of = settings.policy, ports, channels, facts_of
        self._useful = {
            name: template.last_useful_us
            for name, template in settings.templates.items()
            if template.last_useful_us is not None
        }
        self._places: dict[str | None, dict[Instant, int]] = {}
        self._places_at: Instant | None = None

    def run(self, now: Instant, most: int) -> None:
        """Follow and choose at most so many messages."""
        ports = self._ports
        with ports.state.read() as tx:
            if not ports.ways.is_any(tx, now):
                return
        with ports.state.write() as tx:
            self._follow(tx, now, most)
        with ports.state.read() as tx:
            chosen = self.chosen(tx, ports.ways.to_choose(tx, now, most), now)
        if chosen:
            with ports.state.write() as tx:
                ports.ways.write_chosen(tx, chosen)

    def chosen(self, tx: Tx, wishes: Sequence[Proposal], now: Instant) -> list[Proposal]:
        """Return the messages with channel and moment as they are chosen now; nothing is written."""
        if not wishes:
            return []
        told = [(wish, variant) for wish in wishes for variant in _variants(wish)]
        facts = self._facts_of(tx, [variant for _, variant in told], now)
        people = sorted({wish.profile_id for wish in wishes})
        answers = self._ports.answers.of_people(tx, people, now - LOOK_BACK)
        traits = self._traits(tx, [wish for wish in wishes if wish.ways.is_best])
        grouped = groupby(zip(told, facts, strict=True), key=lambda each: each[0][0].id)
        found = [[fact for _, fact in group] for _, group in grouped]
        return [
            self._chosen(tx, wish, ways, answers.get(wish.profile_id, []), traits.get(wish.profile_id, {}), now)
            for wish, ways in zip(wishes, found, strict=True)
        ]

    def _chosen(
        self,
        tx: Tx,
        wish: Proposal,
        facts: Sequence[Facts],
        answers: Sequence[Answered],
        traits: Mapping[str, Any],
        now: Instant,
    ) -> Proposal:
        if any(each.consent_pending for each in facts):
            return msgspec.structs.replace(wish, due_at=now + PENDING_WAIT)
        ways = [_way(each, answers) for each in facts]
        choice = choose(ways, traits, self._policy, now, best=wish.ways.is_best)
        first, others = facts[choice.order[0]], [facts[place] for place in choice.open if place != choice.order[0]]
        expires_at = until_useful(wish, first.proposal.template, self._useful)
        moment = self._moment(tx, wish, first, answers, expires_at, now)
        told = choice.told | ({"because": wish.because} if wish.because is not None else {})
        if wish.ways.best_us is not None:
            told["time"] = {"at": to_iso(moment.at), "by": moment.source}
        return msgspec.structs.replace(
            wish,
            channel=first.proposal.channel,
            template=first.proposal.template,
            due_at=moment.at,
            expires_at=wish.expires_at if others else expires_at,
            ways=msgspec.structs.replace(
                wish.ways, fallbacks=tuple(Fallback(each.proposal.channel, each.proposal.template) for each in others)
            ),
            choice=told,
        )

    def _moment(
        self, tx: Tx, wish: Proposal, facts: Facts, answers: Sequence[Answered], expires_at: Instant, now: Instant
    ) -> Moment:
        if wish.ways.best_us is None:
            return Moment(now, "none")
        zone, exempt, channel = facts.zone, is_exempt(facts, self._policy), facts.proposal.channel
        habits = self._habits(tx, facts.location, zone, [each.at for each in answers if each.at is not None], now)
        last = min(expires_at - 1, now + wish.ways.best_us)
        silences = in_phases(self._policy, facts.phases).quiet_hours

        def silent(at: Instant) -> bool:
            return not exempt and any(is_silent(quiet, channel, at, zone) for quiet in silences)

        return best_moment(habits, zone, now, last, wish.id, silent)

    def _habits(self, tx: Tx, location: str | None, zone: str, own: Sequence[Instant], now: Instant) -> Habits:
        if self._places_at is None or not self._places_at <= now < self._places_at + HOUR:
            self._places, self._places_at = self._ports.answers.of_places(tx, now - PLACES_LOOK_BACK), now
        return Habits(
            own=by_hour(own, zone),
            location=_counts([self._places.get(location, {})], zone) if location is not None else (),
            workspace=_counts(list(self._places.values()), zone),
        )

    def _traits(self, tx: Tx, wishes: Sequence[Proposal]) -> dict[int, Mapping[str, Any]]:
        kinds = {
            (wish.profile_id, self._channels[channel].capabilities.address)
            for wish in wishes
            for channel in (wish.channel, *(each.channel for each in wish.ways.fallbacks))
            if channel in self._channels
        }
        loaded = self._ports.people.load(tx, sorted(kinds)) if kinds else {}
        return {profile_id: person.traits for (profile_id, _), person in loaded.items()}

    def _follow(self, tx: Tx, now: Instant, most: int) -> None:
        ports = self._ports
        ended = ports.ways.to_follow(tx, now, most)
        names = {each.proposal.broadcast for each in ended if each.proposal.broadcast is not None}
        running = set(ports.broadcasts.running(tx, names)) if names else set()
        found = [following(each, self._useful, now) for each in ended]
        closed = {told.proposal.broadcast for told in found if isinstance(told, Follower)} - running - {None}
        running |= ports.broadcasts.reopen(tx, {name for name in closed if name is not None}) if closed else set()
        cancelled = ports.broadcasts.cancelled(tx, names - running) if names - running else set()
        looked: list[tuple[str, Instant | None]] = []
        pairs: list[tuple[Proposal, Proposal]] = []
        for each, told in zip(ended, found, strict=True):
            wish = each.proposal
            match _within(wish.broadcast, told, running, cancelled, now):
                case Nothing():
                    looked.append((wish.id, None))
                case Look(at=at):
                    looked.append((wish.id, at))
                case Follower(proposal=follower):
                    pairs.append((wish, follower))
        ports.ways.write_looked(tx, looked)
        ports.ways.write_followers(tx, pairs)


def _within(
    broadcast: str | None, told: Following, running: Collection[str], cancelled: Collection[str], now: Instant
) -> Following:
    """Return what follows: nothing where its broadcast was cancelled, a later look where it is paused."""
    if broadcast in cancelled:
        return Nothing("cancelled")
    is_held = isinstance(told, Follower) and broadcast is not None and broadcast not in running
    return Look(now + HALTED_WAIT) if is_held else told


def _variants(wish: Proposal) -> list[Proposal]:
    """Return the message as it would be on each of its channels, under ids of their own."""
    ways = [Fallback(wish.channel, wish.template), *wish.ways.fallbacks]
    return [
        msgspec.structs.replace(wish, id=f"{wish.id}/{place}", channel=each.channel, template=each.template)
        for place, each in enumerate(ways)
    ]


def _way(facts: Facts, answers: Sequence[Answered]) -> Way:
    mine = [each for each in answers if each.channel == facts.proposal.channel]
    return Way(facts=facts, messages=len(mine), answered=sum(each.at is not None for each in mine))


def _counts(places: Sequence[Mapping[Instant, int]], zone: str) -> tuple[int, ...]:
    """Return answers by hour of the zone's day."""
    counts = [0] * 24
    for place in places:
        for quarter, count in place.items():
            counts[minute_of_day(quarter, zone) // 60] += count
    return tuple(counts)
