"""The Liquid environments: what they refuse to compile and to do."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from fieldfare.act.delivery.liquid import compile_html, compile_plain, known_filters


@pytest.mark.parametrize("source", ["{% include 'a' %}", "{% render 'a' %}", "{% if %}", "{{ a | }}", "{% nope %}"])
def test_what_reads_elsewhere_or_is_no_liquid_does_not_compile(source: str) -> None:
    for compiled in (compile_plain, compile_html):
        with pytest.raises(LiquidError):
            compiled(source)


@pytest.mark.parametrize("name", ["safe", "base64_decode", "base64_url_safe_decode", "url_decode", "escape_once"])
def test_filters_that_unescape_are_gone(name: str) -> None:
    assert name not in known_filters()
    with pytest.raises(LiquidError):
        compile_html(f"{{{{ 'a' | {name} }}}}").render()


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("2026-02-28", "28.02."), ("2026-02-28T23:30:00+01:00", "28.02."), ("2026-02-28T23:30:00Z", "28.02.")],
)
def test_dates_are_written_from_iso_text(value: str, wanted: str) -> None:
    assert compile_plain("{{ v | date: '%d.%m.' }}").render(v=value) == wanted


@pytest.mark.parametrize("value", ["now", "today", "", "soon", 7])
def test_no_clock_and_no_guess_at_dates(value: object) -> None:
    with pytest.raises(LiquidError):
        compile_plain("{{ v | date: '%Y' }}").render(v=value)


def test_html_escapes_and_plain_does_not() -> None:
    assert compile_html("<b>{{ v }}</b>").render(v="<i>&") == "<b>&lt;i&gt;&amp;</b>"
    assert compile_plain("{{ v }}").render(v="<i>&") == "<i>&"


def test_the_environments_do_not_share_their_changes_with_the_library() -> None:
    from liquid import Environment

    assert "safe" in Environment().filters


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("<&a ", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
SOURCES = ("hello", "{{ a }}", "<b>{{ a.b }}</b> {{ b }}", "{{ a.a.b }}{{ b.b }}", "{{ a | upcase }} {{ b }}")


@given(st.sampled_from(SOURCES), st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2), st.booleans())
def test_what_is_filled_plainly_is_what_liquid_makes_of_it(source: str, values: dict[str, Any], html: bool) -> None:
    made = (compile_html if html else compile_plain)(source)

    def outcome(render: Callable[..., str]) -> str:
        try:
            return str(render(**values))
        except LiquidError as error:
            return type(error).__name__

    assert outcome(made.render) == outcome(lambda **told: BoundTemplate.render(made, **told))
