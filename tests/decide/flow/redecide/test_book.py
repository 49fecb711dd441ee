"""What had gone out by an instant."""

from fieldfare.decide.gate.model import Sent
from fieldfare.decide.gate.policy import Cap, Limit, Policy, Selector
from fieldfare.flow.redecide.book import Book, longest_us
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.workspace.model import Duration
from tests.decide.flow.redecide.recorded import NOON

A, B = b"a" * 16, b"b" * 16


def _sent(at: int, channel: str = "email", location: str | None = None) -> Sent:
    return Sent(at=at, channel=channel, purpose="marketing", location=location)


def test_what_went_to_the_person_or_the_address_is_told_once_and_before_the_instant_alone() -> None:
    book = Book(Policy())
    book.add(1, A, _sent(NOON), counts=True)
    book.add(2, A, _sent(NOON + HOUR), counts=True)
    book.add(1, B, _sent(NOON + 2 * HOUR), counts=False)
    assert [one.at for one in book.sent_to(1, A, NOON + DAY)] == [NOON, NOON + HOUR]
    assert [one.at for one in book.sent_to(1, None, NOON + DAY)] == [NOON]
    assert book.sent_to(1, A, NOON) == ()


def test_limits_are_used_up_within_their_period_and_by_place() -> None:
    desk = Limit(
        name="desk",
        concerns=Selector(channels=("email",)),
        most=5,
        is_money=False,
        per=Duration(1, "day"),
        by_location=True,
    )
    cost = Limit(name="cost", concerns=Selector(), most=90, is_money=True, per=Duration(2, "day"), calendar=False)
    book = Book(Policy(limits=(desk, cost), costs={"sms": 7}))
    book.add(1, A, _sent(NOON, "email", "north"), counts=False)
    book.add(1, A, _sent(NOON, "sms"), counts=True)
    assert book.used("north", NOON + HOUR) == {"desk": 1, "cost": 7}
    assert book.used("south", NOON + HOUR) == {"cost": 7}
    assert book.used("north", NOON) == {}
    assert book.used("north", NOON + DAY) == {"cost": 7}
    assert book.used("north", NOON + 3 * DAY) == {}


def test_how_far_back_the_rules_look() -> None:
    month = Policy(caps=(Cap(most=1, per=Duration(30, "day")),))
    assert longest_us([Policy()]) == 9 * DAY
    assert longest_us([Policy(), month]) == 32 * DAY
