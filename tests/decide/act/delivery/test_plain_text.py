"""The plain text of an HTML message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.plain_text import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello  <b>Ada</b></p><p>bye</p>", "Hello Ada\n\nbye"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ('<a href="https://a.example/?x=1&amp;y=2">Book</a>', "Book (https://a.example/?x=1&y=2)"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="mailto:desk@example.com">the desk</a>', "the desk (desk@example.com)"),
        ('<a href="#top">up</a>', "up"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ('<img src="x" alt="A map"><img src="y">', "A map"),
        ("<head><title>no</title></head><style>p{}</style><script>x()</script>yes", "yes"),
        ('<div style="display:none;max-height:0">preview</div>shown', "shown"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("&lt;not a tag&gt; &amp; &eacute;", "<not a tag> & é"),
        ("", ""),
        ("<p> </p>", ""),
    ],
)
def test_what_a_reader_needs(html: str, text: str) -> None:
    assert text_of(html) == text


@given(st.text(max_size=300))
def test_any_html_has_a_text(html: str) -> None:
    text = text_of(html)
    assert text == text.strip()
    assert "\n\n\n" not in text
