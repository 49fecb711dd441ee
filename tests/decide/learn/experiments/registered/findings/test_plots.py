"""Plots are well-formed, stand alone, tell in words what they show, and survive empty and hostile input."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.registered.findings.plots import (
    WIDE,
    Moment,
    Scale,
    cohort_curves,
    funnel,
    gap_over_time,
    lift_over_time,
    waterfall,
)

NUMBER = st.floats(-1e6, 1e6)


def read(svg: str) -> ET.Element:
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    return ET.fromstring(svg)  # noqa: S314 - our own text


@given(st.lists(st.tuples(NUMBER, st.floats(0, 1e3), st.floats(0, 1e3)), max_size=12))
def test_a_lift_over_time_stays_inside_its_plot(points: list[tuple[float, float, float]]) -> None:
    moments = [Moment(day, value, value - low, value + high) for day, (value, low, high) in enumerate(points)]
    root = read(lift_over_time(moments, "points"))
    for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
        xs = [float(pair.split(",")[0]) for pair in line.attrib["points"].split()]
        assert all(0 <= x <= WIDE for x in xs)


@given(st.lists(st.tuples(st.text(max_size=8), NUMBER), min_size=1, max_size=5))
def test_a_waterfall_ends_at_the_sum(steps: list[tuple[str, float]]) -> None:
    kept = [(name.encode("ascii", "ignore").decode().replace("\x00", ""), value) for name, value in steps]
    kept = [("".join(letter for letter in name if letter.isprintable()), value) for name, value in kept]
    title = read(waterfall(kept, "EUR")).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert f"net {sum(value for _, value in kept):+,.2f}" in (title.text or "")


def test_a_funnel_tells_each_arm_as_a_share_of_its_first_step() -> None:
    svg = funnel(
        [("assigned", {"treated": 800, "holdout": 200}), ("returned", {"treated": 80, "holdout": 10})], "holdout"
    )
    read(svg)
    assert "treated: 80 (10.0%)" in svg
    assert "holdout: 10 (5.0%)" in svg


@pytest.mark.parametrize(
    "svg", [funnel([], "a"), lift_over_time([], "x"), cohort_curves({}, "x", "a"), cohort_curves({"a": []}, "x", "a")]
)
def test_nothing_to_show_is_said(svg: str) -> None:
    assert read(svg).tag.endswith("svg")


def test_names_cannot_break_out() -> None:
    svg = cohort_curves({"<script>alert(1)</script>": [(0, 0.0), (1, 0.5)]}, '"><b>', "holdout")
    assert "<script" not in svg
    read(svg)


def test_a_scale_without_width_is_in_the_middle() -> None:
    assert Scale(3, 3, 0, 100).at(3) == 50


def test_a_gap_over_time_marks_the_start_and_stays_inside() -> None:
    moments = [Moment(turn, value, -2.0, 3.0) for turn, value in enumerate([0.0, -4.0, 9.0, 8.0])]
    svg = gap_over_time(moments, 2, "visits")
    assert "begun in period 3: in the last period +8, places without it -2 to +3 visits" in (read(svg)[0].text or "")
    upright = [
        line for line in read(svg).iter("{http://www.w3.org/2000/svg}polyline") if "stroke-dasharray" in line.attrib
    ]
    (one, other) = upright[-1].attrib["points"].split()
    assert one.split(",")[0] == other.split(",")[0]
    for shape in read(svg).iter("{http://www.w3.org/2000/svg}polygon"):
        assert all(0 <= float(each) <= WIDE for pair in shape.attrib["points"].split() for each in pair.split(","))
    assert "no period yet" in (read(gap_over_time([], 0, "visits"))[0].text or "")
