"""Names of cuts: the same exactly for the same cut."""

import pytest

from fieldfare.know.cuts.model import Cut, CutsInForce, CutVersion, Mark, PlaceMarks, Rank


@pytest.mark.parametrize(
    ("cut", "name"),
    [
        (Cut("spend", (Rank(is_top=True, share=50_000),)), "spend.top-5pct"),
        (Cut("spend", (Rank(is_top=True, share=1),)), "spend.top-0.0001pct"),
        (
            Cut("score", (Rank(is_top=True, count=200),), "location", "lapsed"),
            "score.top-200.per-location.among-lapsed",
        ),
        (Cut("x", tuple(Rank(is_top=False, share=each) for each in (600_000, 800_000))), "x.bottom-60pct.bottom-80pct"),
    ],
)
def test_names(cut: Cut, name: str) -> None:
    assert cut.name == name


def test_those_in_force_are_replaced_all_at_once() -> None:
    told = PlaceMarks((Mark(3.0),), 7, (1.0, 9.0))
    assert told.looks == (1.0, 3.0, 9.0)
    cuts = CutsInForce()
    assert (cuts.of("x"), cuts.at) == (None, 0)
    cuts.replace({"x": CutVersion("x", 2, 50, {"": told}), "y": CutVersion("y", 1, 40, {})}, 9)
    assert (cuts.at, cuts.seq, sorted(cuts.all())) == (50, 9, ["x", "y"])
