"""One member's time in the network, day by day: joining, training, drifting away, coming back, paying, leaving. Pure.

Two rules make the true effect of a win-back message exact. An active member never stays away for longer than
``LONGEST_GAP`` days (a weekend visitor goes on the next weekend), so thirty days without a check-in mean that the
member has drifted away. And whoever has drifted away returns or cancels by constant daily chances (``effects.py``)
and by nothing else.
"""

from typing import Any, NamedTuple

from fieldfare.flow.generate.calls import CONSENT_EVENT, consent
from fieldfare.flow.generate.draws import Weighted, uniforms
from fieldfare.flow.generate.effects import CANCEL_HAZARD, RETURN_HAZARD
from fieldfare.flow.generate.members import CLASSES, FEES, Member
from fieldfare.flow.generate.season import drifting, is_weekend, training
from fieldfare.ground.instants import HOUR, MINUTE, SECOND, Day, Instant, date_of, day_start

DRIFT_HAZARD = 0.0048
"""Daily chance that an active member drifts away, before the season's factor."""
LONGEST_GAP = 18

_HOURS = Weighted(range(6, 22), (3, 4, 3, 3, 2, 2, 3, 2, 2, 2, 4, 7, 9, 8, 5, 2))
_SPENDS = Weighted((0.0, 2.5, 4.0, 6.5, 9.0), (0.62, 0.12, 0.12, 0.08, 0.06))
_MONTH = 30
_YEAR = 365

_PAYMENT_FAILS = 0.04
_RETRY_WORKS = 0.6
_NOT_RENEWED = 0.2
_WITHDRAWS = 0.0003
_APP_ACTIVE = 0.28
_APP_AWAY = 0.06
_CLASS_SHARE = 0.6
_WAITS = 0.004
_TAKES_PLACE = 0.5
_BOOKING_LOST = 0.025
_OPENED_SITE = 0.7
_NPS_DAY = 60
_NPS_ANSWERS = 0.3


class Happening(NamedTuple):
    """Something of one member: ``identify``, ``page`` or the name of an event, and its traits or properties."""

    at: Instant
    name: str
    values: dict[str, Any]


class _Days:
    """The draws of one member, by day, and the happenings so far."""

    def __init__(self, member: Member, first_day: Day, days: int, seed: int) -> None:
        self.member = member
        self.first_day = first_day
        self.end_day = first_day + days
        self.out: list[Happening] = []
        self.paid = max(0, first_day - member.joined_day) // _MONTH * FEES[member.tier]
        draws = uniforms(days * 6, "life", seed, member.number)
        self.fate, self.visit, self.hour, self.app, self.spend, self.other = (
            draws[start * days : (start + 1) * days] for start in range(6)
        )

    def at(self, day: Day, place: float, shift: int = 0) -> Instant:
        """Return an instant in opening hours; ``shift`` moves the place within the hour."""
        hour = _HOURS.pick(place)
        minute = int(place * 7919 + shift * 17) % 60
        return day_start(day, self.member.club.zone) + hour * HOUR + minute * MINUTE + int(place * 1e6) % 60 * SECOND

    def add(self, at: Instant, name: str, **values: Any) -> None:
        """Add a happening, unless it lies before the first day or after the last."""
        zone = self.member.club.zone
        if day_start(self.first_day, zone) <= at < day_start(self.end_day, zone):
            self.out.append(Happening(at, name, values))

    def located(self, at: Instant, name: str, **values: Any) -> None:
        """Add a happening at the member's club."""
        self.add(at, name, location_id=self.member.club.location, **values)


def _traits(days: _Days, status: str) -> dict[str, Any]:
    member = days.member
    told = {} if member.phone is None else {"phone": member.phone}
    return {
        **told,
        "email": member.email,
        "email_verified": True,
        "first_name": member.first_name,
        "membership_status": status,
        "membership_tier": member.tier,
        "member_since": date_of(member.joined_day).isoformat(),
        "home_location": member.club.location,
        "consent_email": member.consents_email,
        "consent_sms": member.consents_sms,
        "ltv": round(days.paid, 2),
    }


def _opening(days: _Days) -> None:
    """Tell how the member became known: by import on the first night, or by joining."""
    member = days.member
    if member.joined_day < days.first_day:
        at = day_start(days.first_day, member.club.zone) + (10 + member.number % 200) * MINUTE
        evidence = "membership form on paper, box ticked, scan kept"
    else:
        index = member.joined_day - days.first_day
        at = days.at(member.joined_day, days.hour[index])
        evidence = "sign-up form on the web, box ticked"
        if days.app[index] < _OPENED_SITE:
            days.add(at - 20 * MINUTE, "page", page="membership")
            days.add(at - 26 * HOUR, "page", page="home")
        days.paid = FEES[member.tier]
    days.add(at, "identify", **_traits(days, "active"))
    for channel, granted in (("email", member.consents_email), ("sms", member.consents_sms)):
        if granted:
            days.add(at + SECOND, CONSENT_EVENT, **consent(channel, "grant", evidence))
    if member.joined_day >= days.first_day:
        days.located(at + 2 * SECOND, "membership_activated", membership_tier=member.tier)
        fee = FEES[member.tier]
        days.located(at + 3 * SECOND, "payment_succeeded", amount=fee, currency="EUR", kind="membership_fee")


def _check_in(days: _Days, day: Day, index: int) -> None:
    """Add a visit, and the booking of its class on the day before."""
    member = days.member
    at = days.at(day, days.hour[index])
    values: dict[str, Any] = {"spend": _SPENDS.pick(days.spend[index]), "currency": "EUR"}
    if member.goes_to_classes and days.other[index] < _CLASS_SHARE:
        values["class_name"] = CLASSES[int(days.other[index] * 997) % len(CLASSES)]
        days.located(at - 23 * HOUR, "class_booked", class_name=values["class_name"])
    days.located(at, "check_in", **values)


def _bill(days: _Days, day: Day, index: int) -> None:
    """Collect the monthly fee; a failed payment is tried again after three days and settled at the desk after seven."""
    fee = FEES[days.member.tier]
    at = day_start(day, days.member.club.zone) + 4 * HOUR + (days.member.number % 240) * MINUTE
    paid_at = at
    if days.spend[index] < _PAYMENT_FAILS:
        days.located(at, "payment_failed", amount=fee, currency="EUR", attempt=1)
        paid_at = at + 72 * HOUR
        if days.visit[index] >= _RETRY_WORKS:
            days.located(paid_at, "payment_failed", amount=fee, currency="EUR", attempt=2)
            paid_at = at + 180 * HOUR
    days.located(paid_at, "payment_succeeded", amount=fee, currency="EUR", kind="membership_fee")
    days.paid += fee


def _leave(days: _Days, day: Day, index: int, reason: str) -> None:
    """End the membership."""
    at = days.at(day, days.hour[index])
    days.located(at, "membership_cancelled", reason=reason)
    days.add(at + SECOND, "identify", membership_status="cancelled", ltv=round(days.paid, 2))


def _desk(days: _Days, day: Day, index: int) -> bool:
    """Do what the calendar of the membership asks for on the day. Returns whether the contract ends and may be left."""
    member = days.member
    age = day - member.joined_day
    if age > 0 and age % _MONTH == 0:
        _bill(days, day, index)
    if age > 0 and age % (3 * _MONTH) == 0:
        days.add(days.at(day, 0.01), "identify", ltv=round(days.paid, 2))
    if age == _NPS_DAY and days.other[index] < _NPS_ANSWERS:
        days.located(days.at(day, days.hour[index]), "nps_submitted", score=int(days.visit[index] ** 0.4 * 11))
    if not member.annual or age <= 0:
        return False
    if age % _YEAR == _YEAR - _MONTH:
        ends = date_of(day + _MONTH).isoformat()
        days.located(days.at(day, 0.02), "membership_expires_30d", membership_tier=member.tier, ends_on=ends)
    if age % _YEAR == 0:
        days.located(days.at(day, 0.03), "membership_renewed", membership_tier=member.tier)
        return True
    return False


def _goes(days: _Days, day: Day, index: int, last_visit: Day) -> bool:
    """Return whether an active member trains on the day."""
    member = days.member
    factor = training(day)
    if member.weekend_only:
        if not is_weekend(day):
            return False
        factor *= 3.5
    if factor and day - last_visit >= LONGEST_GAP:
        return True
    return days.visit[index] < min(0.95, member.rate / 7 * factor)


def _small_things(days: _Days, day: Day, index: int, *, away: bool) -> None:
    """Add app sessions, lost bookings and withdrawals of consent."""
    member = days.member
    if member.uses_app and days.app[index] < (_APP_AWAY if away else _APP_ACTIVE):
        days.add(
            days.at(day, days.app[index] * 3 % 1), "app_opened", platform="ios" if member.number % 2 else "android"
        )
    if member.goes_to_classes and not away and days.other[index] > 1 - _BOOKING_LOST:
        lost = "booking_cancelled" if int(days.other[index] * 1e6) % 3 else "no_show"
        name = CLASSES[int(days.app[index] * len(CLASSES))]
        days.located(days.at(day, days.hour[index]) - 20 * HOUR, "class_booked", class_name=name)
        days.located(days.at(day, days.hour[index], 1), lost, class_name=name)
    if member.goes_to_classes and not away and days.spend[index] > 1 - _WAITS:
        place = {"class_name": CLASSES[int(days.fate[index] * 997) % len(CLASSES)]}
        at = days.at(day, days.hour[index], 3)
        days.located(at - 22 * HOUR, "waitlist_joined", **place)
        days.located(at, "place_offered", offer_id=f"{member.user_id}-{day}", **place)
        if days.app[index] < _TAKES_PLACE:
            days.located(at + 9 * MINUTE, "class_booked", **place)
    if member.consents_email and days.app[index] > 1 - _WITHDRAWS:
        at = days.at(day, days.hour[index], 2)
        days.add(at, CONSENT_EVENT, **consent("email", "withdraw", "preference page"))
        days.add(at + SECOND, "identify", consent_email=False)


def live(member: Member, first_day: Day, days_count: int, seed: int) -> list[Happening]:
    """Return what happens to one member between ``first_day`` and ``days_count`` days later, not sorted."""
    days = _Days(member, first_day, days_count, seed)
    _opening(days)
    start = max(member.joined_day, first_day)
    last_visit = start - member.number % 9
    away = False
    for day in range(start, days.end_day):
        index = day - first_day
        fate = days.fate[index]
        may_leave = _desk(days, day, index)
        comes = False
        if away:
            if fate < CANCEL_HAZARD:
                _leave(days, day, index, "stopped_training")
                break
            comes = fate < CANCEL_HAZARD + (1 - CANCEL_HAZARD) * RETURN_HAZARD
            away = not comes
        elif may_leave and fate > 1 - _NOT_RENEWED:
            _leave(days, day, index, "contract_ended")
            break
        elif fate < DRIFT_HAZARD * drifting(day):
            away = True
        else:
            comes = _goes(days, day, index, last_visit)
        if comes:
            last_visit = day
            _check_in(days, day, index)
        _small_things(days, day, index, away=away)
    return days.out
