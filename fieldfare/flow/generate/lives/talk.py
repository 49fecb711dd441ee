"""How the people of ``examples/communication-app`` live, and what each of its messages truly changes."""

from collections.abc import Callable

from fieldfare.flow.generate.brand import Answer, Brand, Life, Spot
from fieldfare.ground.instants import parse_iso

OUTAGE = 355
"""A day shortly before Christmas on which calls do not get through, days from the first one."""
_HOLIDAYS = (11, 12)


def _calls(life: Life, day: int, times: int = 1) -> None:
    for number in range(times):
        life.does(day, 17 + number / 4, "call_completed", kind="pair")
    life.does(day, 17.9, "app_opened")


def _faithful(life: Life) -> None:
    """Calls all year, more in the holidays; meets the outage."""
    life.is_known_by(0, 1, account_status="active", push_enabled=True, plan="family")
    for day in life.often("call", 3):
        _calls(life, day, 3 if life.month(day) in _HOLIDAYS else 1)
    life.does(OUTAGE, 19, "outage_felt", outage_id="o-1", lost_calls=1, minutes=40)
    life.does(OUTAGE, 20, "outage_ended", outage_id="o-1")


def _holiday_caller(life: Life) -> None:
    """Calls in the holidays and is silent in between."""
    plan = "family" if life.person.turn % 2 else "free"
    life.is_known_by(0, 1, account_status="active", push_enabled=life.person.turn % 3 > 0, plan=plan)
    for day in range(life.days):
        if life.chance("calls", day) < (0.4 if life.month(day) in _HOLIDAYS or day < 2 else 0):
            _calls(life, day, 2)


def _fades(life: Life) -> None:
    """Calls often until summer, then hardly; the score is moderate."""
    life.is_known_by(0, 1, account_status="active", push_enabled=True, plan="free", churn_score=0.5)
    for day in life.often("call", 4):
        if day < 160 or day % 9 == 0:
            _calls(life, day)


def _lead(life: Life) -> None:
    """Downloads the trial; one in four makes an account within the fortnight."""
    life.is_known_by(0, 1, account_status="lead")
    day = 10 + int(life.chance("downloads") * 300)
    life.does(day, 20, "trial_downloaded", platform="ios")
    if life.chance("signs") < 0.25:
        life.does(day + 13, 20, "Signed Up")
        life.is_known_by(day + 13, 20.1, account_status="active")


def _unlucky(life: Life) -> None:
    """Loses calls in three outages, each reported twice."""
    life.is_known_by(0, 1, account_status="active", push_enabled=True, plan="free")
    for day in life.often("call", 2):
        _calls(life, day)
    for number, day in enumerate((OUTAGE - 60, OUTAGE - 30, OUTAGE)):
        for hour in (19, 19.3):
            life.does(day, hour, "outage_felt", outage_id=f"o-{number}", lost_calls=2, minutes=40)
        life.does(day, 20, "outage_ended", outage_id=f"o-{number}")


_LIVES: dict[str, Callable[[Life], None]] = {
    "faithful": _faithful,
    "holiday_caller": _holiday_caller,
    "fades": _fades,
    "lead": _lead,
    "unlucky": _unlucky,
}

TALK = Brand(
    name="communication-app",
    start=parse_iso("2025-11-01T04:00:00+00:00"),
    spots=(
        Spot("east", "America/New_York"),
        Spot("mountain", "America/Denver"),
        Spot("pacific", "America/Los_Angeles"),
    ),
    kinds=tuple(_LIVES),
    mail="terntalk.example.net",
    phone="+120723",
    notice="2025-04",
    purposes={"marketing": ("email", "sms", "push")},
    live=lambda life: _LIVES[life.person.kind](life),
    answers={
        "group_call": Answer("call_completed", 0.20, 3, {"kind": "group"}),
        "group_call_mail": Answer("call_completed", 0.10, 3, {"kind": "group"}),
        "sunday_call": Answer("call_completed", 0.10, 4, {"kind": "pair"}),
        "sunday_call_text": Answer("call_completed", 0.12, 3, {"kind": "pair"}),
        "sunday_call_push": Answer("call_completed", 0.06, 3, {"kind": "pair"}),
        "your_year": Answer("call_completed", 0.10, 4, {"kind": "pair"}),
        "family_month": Answer("Signed Up", 0.10, 6),
    },
    exempt=frozenset({"outage_sorry"}),
)
