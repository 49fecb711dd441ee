"""GPP strings: published examples, opt-outs of each section that is read, and strings that are not sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.trust.consent.gpp import decode_gpp
from tests.decide.trust.consent.test_bits import coded, written

TC = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"


def header(*sections: int) -> str:
    last, codes = 0, ""
    for each in sections:
        codes += "0" + coded(each - last)
        last = each
    return written(f"{3:06b}{1:06b}{len(sections):012b}{codes}")


@pytest.mark.parametrize(
    ("text", "sections", "opted_out", "gpc"),
    [
        (f"DBACNYA~{TC}~1YNN", (2, 6), False, False),
        (f"DBACNYA~{TC}~1YYN", (2, 6), True, False),
        (f"DBABM~{TC}", (2,), False, False),
        ("DBABLA~BVAoAAAAAABk.QA", (7,), False, False),
        ("DBABLA~BVAoAAAAAABk.YA", (7,), False, True),
    ],
)
def test_published_examples(text: str, sections: tuple[int, ...], opted_out: bool, gpc: bool) -> None:
    found = decode_gpp(text)
    assert found is not None
    assert (found.sections, found.opted_out, found.gpc) == (sections, opted_out, gpc)
    assert (found.tc is not None) is (2 in sections)


@pytest.mark.parametrize(
    ("section", "notices", "outs"), [(7, 6, 3), (8, 3, 2), (9, 3, 2), (10, 3, 2), (11, 4, 2), (12, 3, 2)]
)
def test_each_opt_out_of_a_state_counts(section: int, notices: int, outs: int) -> None:
    for chosen in range(outs):
        answers = "".join("01" if each == chosen else "10" for each in range(outs))
        body = written(f"{1:06b}" + "01" * notices + answers + "0" * 60)
        found = decode_gpp(f"{header(section)}~{body}")
        assert found is not None
        assert found.opted_out
    none = decode_gpp(f"{header(section)}~{written(f'{1:06b}' + '01' * notices + '10' * outs + '0' * 60)}")
    assert none is not None
    assert not none.opted_out


def test_a_section_that_is_not_known_says_nothing() -> None:
    found = decode_gpp(f"{header(19)}~whatever")
    assert found is not None
    assert not found.opted_out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DBAA",
        "DBAA~BOS9A",
        TC,
        f"DBACNYA~{TC}",
        "DBABM~broken",
        "DBABLA~B",
        "DBABLA~DVAoAAAAAABk",
        "~" * 50,
        "D" * 9_000,
    ],
)
def test_what_is_not_sound(text: str) -> None:
    assert decode_gpp(text) is None


@given(st.text(alphabet="ABDLMNY~.-_19az", max_size=120))
def test_any_text(text: str) -> None:
    decode_gpp(text)
