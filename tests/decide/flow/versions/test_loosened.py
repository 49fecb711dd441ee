"""What consent and policies no longer forbid: loosening is told, restricting is not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.policy import (
    Cap,
    ControlGroup,
    Exclusion,
    Limit,
    OnHit,
    Policy,
    QuietHours,
    Refused,
    Selector,
)
from fieldfare.flow.versions.loosened import loosened_policies, loosened_purposes, loosened_signals
from fieldfare.ground.workspace.model import Duration
from fieldfare.trust.consent.model import ConsentPolicy, Purpose, Span, StopReach, Tcf


def cap(most: int, channel: str = "any", days: int = 7, *, calendar: bool = False) -> Cap:
    kind = Selector(channels=(channel,)) if channel != "any" else Selector()
    return Cap(most=most, per=Duration(days, "day"), calendar=calendar, obeys=kind, counts_towards=kind)


def quiet(first: int, end: int, channels: tuple[str, ...] = (), on_hit: OnHit = OnHit.DEFER) -> QuietHours:
    return QuietHours(first=first, end=end, channels=channels, on_hit=on_hit)


def refused(*purposes: str) -> Refused:
    return Refused(concerns=Selector(purposes=purposes), phases=("peak",))


def in_peak(most: int, in_peak: int) -> Cap:
    plain = cap(most, "push")
    return msgspec.structs.replace(plain, by_phase={"peak": msgspec.structs.replace(plain, most=in_peak)})


NIGHT = 21 * 60, 8 * 60
STRICT = Policy(
    caps=(cap(3), cap(1, "sms", 1), in_peak(3, 1)),
    quiet_hours=(quiet(*NIGHT),),
    refused=(refused("marketing"),),
    exclusions=(Exclusion(name="one", journeys=("a", "b")),),
    limits=(Limit(name="desk", concerns=Selector(), most=1, is_money=False, per=Duration(1, "day")),),
    control_group=ControlGroup(share=0.1),
    minimum_match_confidence=80,
    exempt=frozenset({"service"}),
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"caps": (cap(2), cap(1, "sms", 1), cap(9, "email"), in_peak(3, 1))}, None),
        ({"caps": (cap(2), cap(1, "sms", 1), in_peak(2, 0))}, None),
        ({"caps": (cap(2), cap(1, "sms", 1), cap(1, "push"))}, None),
        ({"caps": (cap(2), cap(1, "sms", 1), cap(3, "push"))}, "push, 1 in peak"),
        ({"caps": (cap(2), cap(1, "sms", 1), in_peak(3, 2))}, "push, 1 in peak"),
        ({"caps": (cap(4), cap(1, "sms", 1), in_peak(3, 1))}, "at most 3"),
        ({"caps": (cap(3), in_peak(3, 1))}, "at most 1 messages per 1 days on sms"),
        ({"caps": (cap(3, days=8), cap(1, "sms", 1), in_peak(3, 1))}, "at most 3"),
        ({"caps": (cap(3, calendar=True), cap(1, "sms", 1), in_peak(3, 1))}, "at most 3"),
        ({"quiet_hours": (quiet(20 * 60, 9 * 60),)}, None),
        ({"quiet_hours": (quiet(*NIGHT, on_hit=OnHit.REFUSE),)}, None),
        ({"quiet_hours": ()}, "no quiet hours"),
        ({"quiet_hours": (quiet(22 * 60, 8 * 60),)}, "shorter"),
        ({"quiet_hours": (quiet(8 * 60, 21 * 60),)}, "shorter"),
        ({"quiet_hours": (quiet(*NIGHT, ("sms",)),)}, "fewer channels"),
        ({"refused": ()}, "never let go"),
        ({"refused": (refused("marketing"), refused("news")), "verified": ()}, None),
        ({"limits": ()}, "capacity or budget"),
        ({"exclusions": ()}, "give way"),
        ({"control_group": None}, "control group"),
        ({"minimum_match_confidence": 90}, None),
        ({"minimum_match_confidence": 70}, "70 %"),
        ({"holds": ("on_hold", "marketing_hold", "more")}, None),
        ({"holds": ("on_hold",)}, "marketing_hold"),
        ({"exempt": frozenset()}, None),
        ({"exempt": frozenset({"service", "marketing"})}, "`marketing` is exempt"),
    ],
)
def test_policies(change: dict[str, object], told: str | None) -> None:
    fields = {name: getattr(STRICT, name) for name in STRICT.__struct_fields__}
    found = list(loosened_policies(STRICT, Policy(**{**fields, **change})))
    assert (told is None and not found) or (told is not None and told in " ".join(found)), found


MINUTES = st.integers(0, 24 * 60 - 1)


@given(MINUTES, MINUTES, MINUTES, MINUTES)
def test_quiet_hours_are_looser_exactly_when_a_silent_minute_is_lost(a: int, b: int, c: int, d: int) -> None:
    def silent(first: int, end: int, minute: int) -> bool:
        return first <= minute < end if first <= end else minute >= first or minute < end

    lost = any(silent(a, b, minute) and not silent(c, d, minute) for minute in range(24 * 60))
    before, after = Policy(quiet_hours=(quiet(a, b),)), Policy(quiet_hours=(quiet(c, d),))
    assert bool(list(loosened_policies(before, after))) is lost


def test_the_same_is_never_looser() -> None:
    assert not list(loosened_policies(STRICT, STRICT))
    refusing = Policy(quiet_hours=(quiet(*NIGHT, on_hit=OnHit.REFUSE),))
    assert list(loosened_policies(refusing, Policy(quiet_hours=(quiet(*NIGHT),)))) == [
        "messages in quiet hours are deferred, no longer refused"
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (Purpose("p"), Purpose("p"), []),
        (Purpose("p"), Purpose("p", required=False), ["`p` no longer needs consent"]),
        (Purpose("p", required=False), Purpose("p"), []),
        (Purpose("p", channels=("email",)), Purpose("p"), ["`p` may be granted for every channel too"]),
        (
            Purpose("p", channels=("email",)),
            Purpose("p", channels=("email", "sms")),
            ["`p` may be granted for sms too"],
        ),
        (Purpose("p"), Purpose("p", channels=("email",)), []),
        (
            Purpose("p", notice_version="1"),
            Purpose("p", notice_version="2"),
            ["`p` shows the notice 2, not 1"],
        ),
    ],
)
def test_purposes(old: Purpose, new: Purpose, told: list[str]) -> None:
    found = loosened_purposes(ConsentPolicy({"p": old}), ConsentPolicy({"p": new, "q": Purpose("q")}))
    assert [what for _, what in found] == told
    assert not list(loosened_purposes(ConsentPolicy({"p": old}), ConsentPolicy({})))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (Purpose("p", expires_after=Span(24)), Purpose("p"), "last longer"),
        (Purpose("p", expires_after=Span(12)), Purpose("p", expires_after=Span(24)), "last longer"),
        (Purpose("p", expires_after=Span(24)), Purpose("p", expires_after=Span(12)), None),
        (Purpose("p"), Purpose("p", expires_after=Span(12)), None),
        (Purpose("p", double_opt_in=frozenset({"email"})), Purpose("p"), "no confirmation any more on email"),
        (Purpose("p"), Purpose("p", double_opt_in=frozenset({"email"})), None),
    ],
)
def test_how_long_and_how_surely_people_agree(old: Purpose, new: Purpose, told: str | None) -> None:
    found = [what for _, what in loosened_purposes(ConsentPolicy({"p": old}), ConsentPolicy({"p": new}))]
    assert (told is None and not found) or (told is not None and told in found[0])


def test_what_refusals_and_signals_no_longer_do() -> None:
    before = ConsentPolicy({"p": Purpose("p")}, gpc=("p",), gpp=("p",), tcf=Tcf({"p": (1,)}), mismatch_permille=0)
    after = ConsentPolicy({"p": Purpose("p")}, stop_reach=StopReach.CHANNEL, mismatch_permille=5)
    found = list(loosened_signals(before, after))
    for told in ("STOP", "browser", "GPP", "TC string", "0.5 %"):
        assert any(told in each for each in found), told
    assert [each for each in loosened_signals(after, before) if "STOP" in each or "refuses" in each] == []
