"""Walking through a template's branches: what is reached, what nothing reaches, what fails on the way."""

import pytest

from fieldfare.act.delivery.branches import source_of, walk
from fieldfare.act.delivery.liquid import compile_plain


def unreached(source: str, **values: object) -> list[tuple[int, str]]:
    found = walk(compile_plain(source), {"profile": {}, "event": {}, **values})
    return [(each.line, each.tag) for each in found.branches if not each.is_reached]


@pytest.mark.parametrize(
    "source",
    [
        "plain {{ profile.x }}",
        "{% if profile.tier == 'gold' %}a{% elsif profile.tier == 'silver' %}b{% else %}c{% endif %}",
        "{% if profile.visits > 10 %}{% if profile.visits < 12 %}a{% endif %}{% else %}b{% endif %}",
        "{% unless profile.vip %}a{% else %}b{% endunless %}",
        "{% case profile.tier %}{% when 'gold' %}a{% when 'silver', 'bronze' %}b{% else %}c{% endcase %}",
        "{% for item in event.items %}{{ item }}{% else %}none{% endfor %}",
        "{% if profile.a and profile.b == 3 %}x{% endif %}",
        "{% if event.items contains 'a' %}x{% endif %}",
    ],
)
def test_every_branch_is_reached(source: str) -> None:
    assert unreached(source) == []


def test_a_dead_branch_is_told_with_its_line() -> None:
    source = "hello\n{% if profile.n > 5 %}\n{% if profile.n < 3 %}dead{% endif %}\n{% endif %}"
    assert unreached(source) == [(3, "{% if profile.n < 3 %}")]
    assert unreached("{% if 1 == 2 %}x{% endif %}") == [(1, "{% if 1 == 2 %}")]


def test_what_stands_in_raw_is_no_branch() -> None:
    assert walk(compile_plain("{% raw %}{% if x %}{% endif %}{% endraw %}"), {}).branches == ()


def test_a_failing_branch_is_told_without_values() -> None:
    found = walk(
        compile_plain("{% if profile.on == 'secret' %}{{ profile.on | date: '%Y' }}{% endif %}"), {"profile": {}}
    )
    assert any("date expects" in each for each in found.failures)
    assert not any("secret" in each for each in found.failures)


def test_the_source_is_what_was_compiled() -> None:
    assert source_of(compile_plain("a {{ b }}")) == "a {{ b }}"
    assert source_of(compile_plain("")) == ""
