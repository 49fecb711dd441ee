"""What signals say of our purposes: they refuse on their own word and never grant on it."""

from fieldfare.trust.consent.model import ConsentPolicy, Platform, Purpose, Tcf
from fieldfare.trust.consent.signals import platform_purposes, read_signal, refused_categories
from tests.decide.trust.consent.test_tcf import PUBLISHED

POLICY = ConsentPolicy(
    {name: Purpose(name) for name in ("marketing", "research", "sale")},
    gpp=("sale",),
    tcf=Tcf({"marketing": (1, 3), "research": (2,)}),
    platforms={"cmp": Platform({"C1": ("marketing",), "C2": ("research", "sale")})},
)


def test_a_tc_string_consents_to_what_all_its_purposes_allow() -> None:
    said = read_signal("tcf", PUBLISHED, POLICY)
    assert said.refused == {"research": "deny"}
    assert said.consented == {"marketing"}
    assert said.is_decodable


def test_without_our_vendor_nothing_is_consented() -> None:
    policy = ConsentPolicy(POLICY.purposes, tcf=Tcf({"marketing": (1,)}, vendor=1))
    assert read_signal("tcf", PUBLISHED, policy).refused == {"marketing": "deny"}
    policy = ConsentPolicy(POLICY.purposes, tcf=Tcf({"marketing": (1,)}, vendor=2))
    assert read_signal("tcf", PUBLISHED, policy).consented == {"marketing"}


def test_what_cannot_be_decoded_refuses_all_that_it_could_speak_of() -> None:
    assert read_signal("tcf", "x", POLICY).refused == {"marketing": "deny", "research": "deny"}
    said = read_signal("gpp", "x", POLICY)
    assert (said.refused, said.is_decodable) == ({"sale": "object", "marketing": "deny", "research": "deny"}, False)
    assert read_signal("tcf", "x", ConsentPolicy()).is_decodable is False


def test_a_gpp_string() -> None:
    assert read_signal("gpp", "DBABLA~BVAoAAAAAABk.YA", POLICY).refused == {"sale": "object"}
    assert read_signal("gpp", "DBABLA~BVAoAAAAAABk.QA", POLICY).refused == {}


def test_categories_and_platforms() -> None:
    told = {"C2": False, "marketing": False, "C1": True, "other": False, 3: False}
    assert refused_categories(told, POLICY) == ["marketing", "research", "sale"]
    assert refused_categories(None, POLICY) == []
    assert refused_categories({"C1": 0, "C2": None, "marketing": "no"}, POLICY) == [], "only `false` says no"
    assert platform_purposes({"platform": "cmp", "platform_purpose": "C1, C2"}, POLICY) == (
        "marketing",
        "research",
        "sale",
    )
    for wrong in (
        {"platform": "x", "platform_purpose": "C1"},
        {"platform": "cmp", "platform_purpose": "C9"},
        {"platform": "cmp"},
    ):
        assert platform_purposes(wrong, POLICY) is None
