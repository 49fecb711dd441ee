"""Entries of seasons.yaml as text: what is written is read as the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.workspace.read import read_yaml
from fieldfare.network.calendars.write import season_text


def read(text: str) -> Any:
    found = read_yaml("seasons.yaml", f"seasons:\n{text}".encode())
    assert not found.problems
    return found.value["seasons"][0]


def test_an_entry() -> None:
    entry = {
        "season": "january",
        "peak": {"from": "01-02", "to": "02-09"},
        "prepare": "28 days",
        "locations": ["north"],
    }
    text = season_text(entry, "Learnt.")
    assert text == (
        "  # Learnt.\n  - season: january\n"
        '    peak: {from: "01-02", to: "02-09"}\n    prepare: 28 days\n    locations: [north]\n'
    )
    assert read(text) == entry


TEXTS = st.one_of(st.text("abz09-_. :#'{}[],", max_size=12), st.sampled_from(["on", "No", "null", "12", "1e3", "~"]))


@given(
    st.dictionaries(
        st.sampled_from(["season", "peak", "x"]),
        st.one_of(TEXTS, st.lists(TEXTS), st.integers(-(10**15), 10**15), st.booleans()),
        min_size=1,
    )
)
def test_what_is_written_is_read(entry: dict[str, Any]) -> None:
    assert read(season_text(entry)) == entry
