"""MJML becomes HTML with its Liquid in place, or a problem that names its line; nothing is dropped in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.liquid import compile_html
from fieldfare.act.delivery.mjml import Wrong, html_of

BODY = "<mjml>\n<mj-body>\n{}\n</mj-body>\n</mjml>"
SECTION = "<mj-section><mj-column>{}</mj-column></mj-section>"


def made(inner: str, language: str | None = None) -> str:
    found = html_of(BODY.format(inner), language)
    assert isinstance(found, str), found
    return found


def test_liquid_stays_in_texts_attributes_and_between_elements() -> None:
    text = '<mj-text>Hi&nbsp;{{ profile.first_name | default: "you & me" }}<br>'.replace("<br>", "<br/>") + "</mj-text>"
    button = '<mj-button href="{{ event.url }}">Go &amp; see</mj-button>'
    html = made("{% if profile.vip %}" + SECTION.format(text + button) + "{% endif %}", "de")
    template = compile_html(html)
    shown = template.render(profile={"vip": True, "first_name": "<b>"}, event={"url": "https://a.example/?x=1&y=2"})
    assert "Hi\xa0&lt;b&gt;" in shown
    assert 'href="https://a.example/?x=1&amp;y=2"' in shown
    assert "Go &amp; see" in shown
    assert 'lang="de"' in shown
    assert "Go &amp; see" not in template.render(profile={}, event={})


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("<mjml>\n<mj-body>\n<mj-sectoin/></mj-body></mjml>", 3, "`<mj-sectoin>`"),
        ("<mjml>\n<mj-body>\n<div>x</div></mj-body></mjml>", 3, "`<div>`"),
        ("<p>x</p>", 1, "begins with `<p>`"),
        ("<mjml>\n\n<mj-body>a & b</mj-body></mjml>", 3, "not XML"),
        ("<mjml><mj-body>\n<mj-text>x</mj-body></mjml>", 2, "not XML"),
        ("<mjml><mj-body>\nhello</mj-body></mjml>", 2, "between elements"),
        ("<mjml>\n<mj-body>\n<mj-include path='/etc/passwd'/></mj-body></mjml>", 3, "`<mj-include>`"),
        (BODY.format(SECTION.format("<mj-image src='x'>{{ y }}</mj-image>")), 3, "MJML"),
        ("", 1, "not XML"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line(source: str, line: int, word: str) -> None:
    found = html_of(source)
    assert isinstance(found, Wrong)
    assert (found.line, word in found.what) == (line, True), found
    assert found.fix


@given(st.text(max_size=60))
def test_any_text_is_html_or_a_problem(text: str) -> None:
    for source in (text, BODY.format(text), BODY.format(SECTION.format(f"<mj-text>{text}</mj-text>"))):
        assert isinstance(html_of(source), str | Wrong)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="<>&{}%", exclude_categories=["Cc", "Cs", "Co", "Cn"]),
        min_size=1,
        max_size=30,
    )
)
def test_words_come_through_as_they_are(text: str) -> None:
    html = made(SECTION.format(f"<mj-text>[{text}] {{{{ x }}}}</mj-text>"))
    assert f"[{text}] {{{{ x }}}}" in html
