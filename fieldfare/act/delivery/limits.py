"""Rate limits as token buckets in integers, and the fair division of what several locations share. Pure.

A limit says: at most so many per span, in *any* span of that length, not only in those that begin on the hour. So the
bucket holds a small burst, and fills more slowly by that burst: what it held at first and what it gained can never be
more than the limit. Levels are kept in units of 1/span, hence nothing is rounded and nothing is lost by asking often.

Sharing is max-min: everybody gets what they ask for, up to an equal part; what some leave is divided among the rest.
The units that cannot be divided go round by turn, so that nobody waits for ever, however small the budget.
"""

from collections.abc import Mapping

import msgspec

from fieldfare.ground.instants import Instant


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``most`` per ``per_us`` microseconds."""

    most: int
    per_us: int
    largest: int = 1
    """Most units that one message takes: segments of a text message. The burst holds that many."""

    @property
    def burst(self) -> int:
        """Return how much a full bucket holds: a tenth, and at least one message."""
        return min(self.most, max(1, self.most // 10, self.largest))

    @property
    def gain(self) -> int:
        """Return how much a span brings: with the burst just not one more than the limit allows."""
        return self.most - self.burst + 1


class Bucket(msgspec.Struct, frozen=True):
    """What is left, in units of 1/``per_us`` of a message, as of an instant."""

    level: int
    at: Instant


def full(limit: Limit, now: Instant) -> Bucket:
    """Return a bucket nobody took from."""
    return Bucket(limit.burst * limit.per_us, now)


def filled(bucket: Bucket, limit: Limit, now: Instant) -> Bucket:
    """Return the bucket as of ``now``. A clock that went back brings nothing; a smaller limit holds at once."""
    gained = max(now - bucket.at, 0) * limit.gain
    return Bucket(min(bucket.level + gained, limit.burst * limit.per_us), max(now, bucket.at))


def left(bucket: Bucket, limit: Limit, now: Instant) -> int:
    """Return how many whole units may be taken at ``now``."""
    return max(filled(bucket, limit, now).level // limit.per_us, 0)


def free_at(bucket: Bucket, limit: Limit, cost: int, now: Instant) -> Instant:
    """Return when ``cost`` units can be taken: ``now`` when there are enough. More than the burst holds never fits."""
    held = filled(bucket, limit, now)
    missing = min(cost, limit.burst) * limit.per_us - held.level
    return now if missing <= 0 else held.at + -(-missing // limit.gain)


def taken(bucket: Bucket, limit: Limit, cost: int, now: Instant) -> Bucket:
    """Return the bucket after ``cost`` units were taken."""
    held = filled(bucket, limit, now)
    assert free_at(bucket, limit, cost, now) <= now, (bucket, limit, cost, now)
    return Bucket(held.level - cost * limit.per_us, held.at)


def shares(budget: int, wanted: Mapping[str, int], turn: int) -> dict[str, int]:
    """Return how much of ``budget`` each of those who want something gets; never more than it wants.

    ``turn`` moves who is first in line for what cannot be divided; raise it by one for each division.
    """
    names = sorted(name for name, count in wanted.items() if count > 0)
    given = dict.fromkeys(wanted, 0)
    open_ones, rest = names, max(budget, 0)
    while open_ones and rest >= len(open_ones):
        part = rest // len(open_ones)
        for name in open_ones:
            more = min(part, wanted[name] - given[name])
            given[name] += more
            rest -= more
        open_ones = [name for name in open_ones if given[name] < wanted[name]]
    if names:
        first = turn % len(names)
        for name in [name for name in names[first:] + names[:first] if name in set(open_ones)][:rest]:
            given[name] += 1
    return given
