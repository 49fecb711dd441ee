"""How the clients of ``examples/wellness`` live, and what each of its messages truly changes."""

from collections.abc import Callable

from fieldfare.flow.generate.brand import Answer, Brand, Life, Spot
from fieldfare.ground.instants import parse_iso

STYLES = ("yoga", "pilates", "strength")


def _comes(life: Life, day: int, style: str) -> None:
    life.does(day - 1, 12, "class_booked", class_name=style.title())
    life.does(day, 18, "class_attended", class_type=style, class_name=style.title())


def _regular(life: Life) -> None:
    """Three classes a week of all styles; opens the app; a massage every two months."""
    for day in life.often("class", 2.5):
        _comes(life, day, STYLES[day % 3])
    for day in life.often("app", 3):
        life.does(day, 8.5, "app_opened")
    for number, day in enumerate(range(20, life.days - 10, 60)):
        life.is_known_by(day, 11, next_appointment_at=life.moment(day + 5, 15))
        life.does(day, 11.1, "appointment_booked", appointment_id=f"{life.person.user_id}-{number}")
        if life.chance("cancels", number) < 0.2:
            life.does(day + 2, 10, "appointment_cancelled", appointment_id=f"{life.person.user_id}-{number}")


def _yoga_only(life: Life) -> None:
    """Two yoga classes a week, and no app."""
    for day in life.often("class", 2):
        _comes(life, day, "yoga")


def _newcomer(life: Life) -> None:
    """Joins, comes three times in the first week, and stays."""
    joined = 10 + int(life.chance("joins") * 200)
    life.does(joined, 10, "membership_activated", plan="monthly", membership_tier="flow")
    for day in (joined + 1, joined + 3, joined + 5):
        _comes(life, day, "pilates")
    for day in life.often("class", 2):
        if day > joined + 6:
            _comes(life, day, STYLES[day % 2])


def _slow_starter(life: Life) -> None:
    """Joins and comes once."""
    joined = 10 + int(life.chance("joins") * 200)
    life.does(joined, 10, "membership_activated", plan="monthly", membership_tier="flow")
    life.does(joined + 2, 18, "class_attended", class_type="yoga")
    life.is_known_by(joined + 20, 3, at_risk_score=95 if life.person.turn % 2 else 55)


def _quiet(life: Life) -> None:
    """Comes for six weeks, stays away for three, and so on."""
    for day in life.often("class", 2):
        if day % 63 < 42:
            _comes(life, day, STYLES[day % 3])


def _fading(life: Life) -> None:
    """Trains and opens the app often until summer, then hardly."""
    life.is_known_by(0, 3, at_risk_score=45)
    for day in life.often("class", 3):
        if day < 150 or day % 11 == 0:
            _comes(life, day, STYLES[day % 3])
    for day in life.often("app", 4):
        if day < 150:
            life.does(day, 8.5, "app_opened")


def _at_risk(life: Life) -> None:
    """Stops coming, and the nightly score says so; comes back after three months."""
    tier, ltv = ("grove", 640) if life.person.turn % 2 else ("bloom", 380)
    life.is_known_by(0, 3, membership_tier=tier, ltv=ltv, concierge_flag=life.person.turn % 4 == 3)
    for day in life.often("class", 2):
        if not 80 < day < 200:
            _comes(life, day, STYLES[day % 3])
    for day, score in ((90, 42), (97, 58), (104, 76), (210, 20)):
        life.is_known_by(day, 3, at_risk_score=score)


def _misses(life: Life) -> None:
    """Misses classes in a row every spring and autumn."""
    life.is_known_by(0, 3, concierge_flag=life.person.turn % 2 == 0)
    for day in life.often("class", 1.5):
        if day % 120 > 40:
            _comes(life, day, "pilates")
    for start in (60, 240):
        for day in (start, start + 6, start + 13):
            life.does(day, 18, "class_missed", class_name="Pilates")


def _happy(life: Life) -> None:
    """Likes the studio, says so, and comes twice a month."""
    for day in range(9, life.days, 17):
        _comes(life, day, "yoga")
    for day in (30, 210):
        life.does(day, 20, "nps_submitted", score=10)


def _friction(life: Life) -> None:
    """A payment fails now and then; in autumn bookings are cancelled again and again."""
    for day in life.often("class", 2):
        _comes(life, day, STYLES[day % 3])
    for number, day in enumerate((45, 140, 260)):
        life.does(day, 10, "payment_failed", attempt=1, amount=79, currency="GBP")
        if number != 1:
            life.does(day + 2, 10, "payment_succeeded", amount=79, currency="GBP")
    for day in (290, 296):
        life.does(day, 9.5, "booking_cancelled", booking_id=f"{life.person.user_id}-{day}")


_LIVES: dict[str, Callable[[Life], None]] = {
    "regular": _regular,
    "yoga_only": _yoga_only,
    "newcomer": _newcomer,
    "slow_starter": _slow_starter,
    "quiet": _quiet,
    "fading": _fading,
    "at_risk": _at_risk,
    "misses": _misses,
    "happy": _happy,
    "friction": _friction,
}

WELLNESS = Brand(
    name="wellness",
    start=parse_iso("2025-01-01T00:00:00+00:00"),
    spots=(
        Spot("bath", "Europe/London"),
        Spot("bristol", "Europe/London"),
        Spot("leeds", "Europe/London"),
    ),
    kinds=tuple(_LIVES),
    mail="willow.example.net",
    phone="+4479111",
    notice="2025-01",
    purposes={"marketing": ("email", "sms", "push", "desk")},
    live=lambda life: _LIVES[life.person.kind](life),
    answers={
        "small_gift": Answer("class_attended", 0.15, 3, {"class_type": "yoga"}),
        "third_visit": Answer("class_attended", 0.10, 5, {"class_type": "yoga"}),
        "nudge": Answer("class_attended", 0.10, 5, {"class_type": "yoga"}),
        "drip_sleep": Answer("class_booked", 0.08, 5, {"class_name": "Slow"}),
        "rescue_mail": Answer("class_booked", 0.12, 5, {"class_name": "Slow"}),
        "missed_text": Answer("class_attended", 0.12, 4, {"class_type": "pilates"}),
        "friends_evening": Answer("class_booked", 0.15, 5, {"class_name": "Friends"}),
        "last_offer": Answer("class_attended", 0.10, 5, {"class_type": "strength"}),
        "try_strength": Answer("class_attended", 0.10, 7, {"class_type": "strength"}),
        "get_the_app": Answer("app_opened", 0.30, 4),
        "payment_link": Answer("payment_succeeded", 0.50, 2, {"amount": 79, "currency": "GBP"}),
        "one_click_reschedule": Answer("class_attended", 0.20, 5, {"class_type": "yoga"}),
        "appointment_check": Answer("message_received", 0.10, 0, {"intent": "no"}),
    },
    exempt=frozenset({"appointment_confirmed", "appointment_prepare", "appointment_check", "payment_link"}),
    start_traits={"membership_status": "active", "membership_tier": "bloom", "consent_email": True},
)
