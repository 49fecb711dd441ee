"""No span ever sees more than its limit; everybody gets their part of what is shared."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.limits import Bucket, Limit, filled, free_at, full, left, shares, taken
from fieldfare.ground.instants import DAY, MINUTE, SECOND

LIMITS = st.builds(
    Limit,
    most=st.integers(1, 3_000),
    per_us=st.sampled_from([SECOND, MINUTE, DAY, 7]),
    largest=st.integers(1, 10),
)


def test_a_bucket_by_hand() -> None:
    limit = Limit(most=10, per_us=MINUTE)
    assert (limit.burst, limit.gain) == (1, 10)
    bucket = taken(full(limit, 0), limit, 1, 0)
    assert (left(bucket, limit, 0), free_at(bucket, limit, 1, 0)) == (0, 6 * SECOND)
    assert left(bucket, limit, 6 * SECOND) == 1
    assert left(bucket, limit, DAY) == 1, "a full bucket does not run over"


@given(LIMITS, st.lists(st.tuples(st.integers(0, 2 * MINUTE), st.integers(1, 10)), max_size=80))
def test_no_span_sees_more_than_its_limit(limit: Limit, wishes: list[tuple[int, int]]) -> None:
    bucket, now = full(limit, 0), 0
    went: list[tuple[int, int]] = []
    for later, wished in wishes:
        now += later % (2 * limit.per_us)
        cost = min(wished, limit.burst)
        at = free_at(bucket, limit, cost, now)
        now = max(now, at)
        bucket = taken(bucket, limit, cost, now)
        went.append((now, cost))
    for start, _ in went:
        inside = sum(cost for at, cost in went if start <= at < start + limit.per_us)
        assert inside <= limit.most, (start, inside)


@given(LIMITS, st.integers(1, 10), st.integers(0, 10**9), st.lists(st.integers(0, MINUTE), max_size=20))
def test_asking_often_loses_nothing_and_what_was_promised_is_kept(
    limit: Limit, cost: int, now: int, looks: list[int]
) -> None:
    empty = Bucket(0, now)
    at = free_at(empty, limit, cost, now)
    looked = empty
    for later in sorted(looks):
        looked = filled(looked, limit, now + later)
    end = now + max(looks, default=0)
    assert filled(looked, limit, max(end, at)) == filled(empty, limit, max(end, at))
    assert free_at(empty, limit, cost, at) == at
    assert at == now or free_at(empty, limit, cost, at - 1) == at, "nor could it have gone a moment sooner"


@given(
    st.integers(0, 500),
    st.dictionaries(st.text(max_size=3), st.integers(0, 200), max_size=12),
    st.integers(0, 100),
)
def test_shares_are_fair_and_never_above_the_budget(budget: int, wanted: dict[str, int], turn: int) -> None:
    given_ = shares(budget, wanted, turn)
    assert sum(given_.values()) == min(budget, sum(wanted.values())), "nothing above the budget, nothing left lying"
    assert all(given_[name] <= wanted[name] for name in wanted)
    wishing = [name for name, count in wanted.items() if count]
    for name in wishing:
        assert given_[name] >= min(wanted[name], budget // len(wishing)), "everybody gets their part"
        if given_[name] < wanted[name]:
            assert all(given_[other] <= given_[name] + 1 for other in wishing), "nobody gets more while one wants more"


@given(st.integers(1, 5), st.integers(1, 9))
def test_nobody_starves_however_small_the_budget(budget: int, names: int) -> None:
    wanted = {f"place {number}": 1_000 for number in range(names)}
    total = dict.fromkeys(wanted, 0)
    for turn in range(names):
        for name, count in shares(budget, wanted, turn).items():
            total[name] += count
    assert min(total.values()) >= 1
