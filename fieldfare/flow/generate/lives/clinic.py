"""How the patients of ``examples/clinic`` live, and what each of its messages truly changes."""

from collections.abc import Callable

from fieldfare.flow.generate.brand import Answer, Brand, Life, Spot
from fieldfare.ground.instants import parse_iso


def _books(life: Life, day: int, number: int) -> None:
    life.is_known_by(day, 11, next_appointment_at=life.moment(day + 6, 14), next_check_on=life.date(day + 186))
    life.does(day, 11.1, "appointment_booked", appointment_id=f"{life.person.user_id}-{number}")


def _keeps(life: Life) -> None:
    """Sends the form once a year, and comes when the check is due."""
    life.does(4, 19, "intake_submitted", form_id=f"{life.person.user_id}-1", complaint="a stiff neck", urgent=False)
    for number, day in enumerate(range(8, life.days - 10, 180)):
        _books(life, day, number)


def _forgets(life: Life) -> None:
    """Comes once, and lets the next check pass."""
    _books(life, 6, 0)
    life.is_known_by(7, 3, next_check_on=life.date(100))


def _worries(life: Life) -> None:
    """Writes an urgent form and, later, an urgent message."""
    day = 20 + int(life.chance("worries") * 200)
    form = f"{life.person.user_id}-2"
    life.does(day, 10, "intake_submitted", form_id=form, complaint="swelling and fever", urgent=True, topic="dental")
    _books(life, day + 1, 0)
    life.does(day + 60, 11, "message_received", intent="urgent", text="It hurts again")
    life.does(day + 61, 11, "appointment_note_written", appointment_id=f"{life.person.user_id}-0", note="rinse, review")


def _hesitates(life: Life) -> None:
    """Sends the form and agrees two days later that it is read."""
    day = 30 + int(life.chance("hesitates") * 200)
    life.does(day, 17, "intake_submitted", form_id=f"{life.person.user_id}-1", complaint="a sore knee", urgent=False)
    for channel in ("email", "sms", "desk", "clinicians"):
        life.grants(day + 2, 12, "treatment", channel)


_LIVES: dict[str, Callable[[Life], None]] = {
    "keeps": _keeps,
    "forgets": _forgets,
    "worries": _worries,
    "hesitates": _hesitates,
}

CLINIC = Brand(
    name="clinic",
    start=parse_iso("2025-01-01T00:00:00+00:00"),
    spots=(
        Spot("leith", "Europe/London"),
        Spot("morningside", "Europe/London"),
        Spot("dundee", "Europe/London"),
    ),
    kinds=tuple(_LIVES),
    mail="harbour.example.net",
    phone="+4479111",
    notice="2025-03",
    purposes={"recall": ("email", "sms"), "treatment": ("email", "sms", "desk", "clinicians")},
    live=lambda life: _LIVES[life.person.kind](life),
    answers={
        "check_due": Answer("appointment_booked", 0.15, 5, {"appointment_id": "by-text"}),
        "check_due_mail": Answer("appointment_booked", 0.08, 5, {"appointment_id": "by-letter"}),
        "appointment_soon": Answer("message_received", 0.10, 0, {"intent": "no"}),
    },
    exempt=frozenset({"appointment_confirmed", "appointment_bring", "appointment_soon", "intake_received"}),
    start_traits={"patient_status": "active"},
)
