"""Who may call a provider now, and until when the others wait."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.admit import Admission, Rate, Route, Wish, bucket_keys, divide, pace_of, room
from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.limits import Bucket, Limit, full
from fieldfare.ground.instants import DAY, MINUTE, SECOND

NOW = 10 * DAY
EACH = Rate(key="sms", limit=Limit(most=1, per_us=MINUTE), each_location=True)
BRAND = Rate(key="brand", limit=Limit(most=30, per_us=MINUTE, largest=3), counts_segments=True, is_shared=True)
ROUTES = {"email": Route(provider="mail"), "sms": Route(provider="twilio", rates=(EACH, BRAND))}


def admission(breakers: dict[str, Breaker] | None = None, paces: dict[str, Rate] | None = None) -> Admission:
    return Admission(ROUTES, breakers or {}, {}, paces or {}, NOW)


def test_an_open_breaker_holds_its_own_provider_only() -> None:
    told = admission({"twilio": Breaker(bad=5, opened=1, since=0, until=NOW + 5, detail="http_503")})
    held = told.hold(Wish(channel="sms"))
    assert held is not None
    assert (held.reason, held.until, held.inputs) == (
        "provider_open",
        NOW + 5,
        {"provider": "twilio", "detail": "http_503"},
    )
    assert told.hold(Wish(channel="email")) is None


def test_half_open_takes_one_probe() -> None:
    told = admission({"mail": Breaker(bad=5, opened=1, since=0, until=NOW)})
    assert told.hold(Wish(channel="email")) is None
    told.take(Wish(channel="email"))
    held = told.hold(Wish(channel="email"))
    assert held is not None
    assert set(told.changed_breakers) == {"mail"}


def test_each_location_has_its_own_and_those_who_wait_queue_up() -> None:
    told = admission()
    told.take(Wish(channel="sms", location="north"))
    first, second = (told.hold(Wish(channel="sms", location="north")) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.reason, first.until, second.until) == ("rate_limited", NOW + MINUTE, NOW + 2 * MINUTE)
    assert told.hold(Wish(channel="sms", location="south")) is None
    assert set(told.changed_buckets) == {"sms/north", "brand"}


def test_segments_count() -> None:
    told = admission()
    told.take(Wish(channel="sms", location="north", units=3))
    held = told.hold(Wish(channel="sms", location="south", units=1))
    assert held is not None
    assert held.inputs["limit"] == "brand"


def test_a_broadcast_keeps_its_pace() -> None:
    told = admission(paces={"brd_1": pace_of("brd_1", 1)})
    told.take(Wish(channel="email", broadcast="brd_1"))
    assert told.hold(Wish(channel="email", broadcast="brd_1")) is not None
    assert told.hold(Wish(channel="email")) is None


def test_what_is_claimed_is_what_common_limits_leave() -> None:
    assert room(ROUTES["email"], {}, 256, NOW) == 256
    assert room(ROUTES["sms"], {}, 256, NOW) == BRAND.limit.burst
    assert room(ROUTES["sms"], {"brand": Bucket(0, NOW)}, 256, NOW) == 0
    assert bucket_keys(ROUTES, {("sms", "north"), ("sms", None), ("email", None)}) == ["brand", "sms/-", "sms/north"]


def test_a_location_with_a_crowd_does_not_push_others_out() -> None:
    assert divide(10, {"north": 100_000, "south": 2, None: 1}, 0) == [(None, 1), ("north", 7), ("south", 2)]


@given(st.lists(st.tuples(st.sampled_from(["north", "south", "-"]), st.integers(1, 3)), max_size=60), st.integers(0, 4))
def test_whatever_is_wished_no_limit_is_exceeded(wishes: list[tuple[str, int]], seconds: int) -> None:
    buckets = {"brand": full(BRAND.limit, NOW)}
    went: Counter[str] = Counter()
    for turn in range(4):
        told = Admission(ROUTES, {}, buckets, {}, NOW + turn * seconds * SECOND)
        for location, units in wishes:
            wish = Wish(channel="sms", location=location, units=units)
            if told.hold(wish) is None:
                told.take(wish)
                went[location] += 1
                went["segments"] += units
        buckets = buckets | told.changed_buckets
    assert went["segments"] <= 30
    assert all(went[place] <= 1 for place in ("north", "south", "-"))
