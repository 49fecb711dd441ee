"""Plots as SVG text: funnel, lift and gap over time, cohort curves, waterfall of revenue. Pure.

No library, no script, no link. Each takes plain numbers and returns one ``<svg>`` that stands in a page by itself and
takes its colours from the page (``currentColor``), with a ``<title>`` that tells in words what it shows.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDE, HIGH, LEFT, BELOW = 640, 260, 70, 30
_PLOT_WIDE, _PLOT_HIGH = WIDE - LEFT - 20, HIGH - BELOW - 20


class Scale(NamedTuple):
    """Maps numbers onto the plot."""

    low: float
    high: float
    start: float
    length: float

    def at(self, value: float) -> float:
        """Return the place of a number; a scale without width puts all in the middle."""
        width = self.high - self.low
        return self.start + self.length * ((value - self.low) / width if width else 0.5)


class Moment(NamedTuple):
    """One point of a lift over time."""

    day: int
    value: float
    low: float
    high: float


def funnel(steps: Sequence[tuple[str, Mapping[str, int]]], control: str) -> str:
    """Return bars of each step (assigned, exposed, contacted, converted), as a share of each arm's first."""
    arms = list(steps[0][1]) if steps else []
    most = {arm: max(steps[0][1][arm], 1) for arm in arms}
    parts, row = [], _PLOT_HIGH / max(len(steps) * (len(arms) + 0.6), 1)
    for index, (name, counts) in enumerate(steps):
        top = 20 + index * row * (len(arms) + 0.6)
        parts.append(_text(LEFT - 6, top + row * len(arms) / 2 + 4, name, anchor="end"))
        for place, arm in enumerate(arms):
            share = counts.get(arm, 0) / most[arm]
            y = top + place * row
            parts.append(_bar(LEFT, y, _PLOT_WIDE * 0.7 * share, row * 0.85, faint=arm == control))
            told = f"{arm}: {counts.get(arm, 0):,} ({share:.1%})"
            parts.append(_text(LEFT + _PLOT_WIDE * 0.7 * share + 6, y + row * 0.6, told))
    return _svg("Funnel: " + "; ".join(f"{name} {dict(counts)}" for name, counts in steps), parts)


def lift_over_time(moments: Sequence[Moment], unit: str) -> str:
    """Return the difference day by day with its always-valid interval, and zero as a line."""
    if not moments:
        return _empty("Lift over time: there is no day with enough units yet")
    parts, _ = _course(moments, unit)
    parts += [
        _text(LEFT, HIGH - 8, f"day {moments[0].day}"),
        _text(LEFT + _PLOT_WIDE, HIGH - 8, f"day {moments[-1].day}", anchor="end"),
    ]
    last = moments[-1]
    told = f"on the last day {last.value:+.4g}, interval {last.low:+.4g} to {last.high:+.4g} {unit}"
    return _svg(f"Difference over time with its always-valid interval: {told}", parts)


def gap_over_time(moments: Sequence[Moment], started: int, unit: str) -> str:
    """Return the gap of a place to its synthetic control by period, with the band of the placebos and the start."""
    if not moments:
        return _empty("Gap over time: there is no period yet")
    parts, x = _course(moments, unit)
    parts += [
        _line([(x.at(started), 20), (x.at(started), 20 + _PLOT_HIGH)], dashed=True),
        _text(LEFT, HIGH - 8, "period 1"),
        _text(LEFT + _PLOT_WIDE, HIGH - 8, f"period {len(moments)}", anchor="end"),
    ]
    last = moments[-1]
    told = f"in the last period {last.value:+.4g}, places without it {last.low:+.4g} to {last.high:+.4g} {unit}"
    return _svg(f"Gap to the synthetic control over time, begun in period {started + 1}: {told}", parts)


def _course(moments: Sequence[Moment], unit: str) -> tuple[list[str], Scale]:
    """Return a line with its band around zero, and the scale of time."""
    seen = [number for each in moments for number in (each.value, each.low, each.high)]
    x = Scale(moments[0].day, moments[-1].day, LEFT, _PLOT_WIDE)
    y = Scale(min(0.0, *seen), max(0.0, *seen), 20 + _PLOT_HIGH, -_PLOT_HIGH)
    edge = [(x.at(each.day), y.at(each.high)) for each in moments]
    edge += [(x.at(each.day), y.at(each.low)) for each in reversed(moments)]
    parts = [
        f'<polygon points="{_points(edge)}" fill="currentColor" opacity="0.15"/>',
        _line([(LEFT, y.at(0)), (LEFT + _PLOT_WIDE, y.at(0))], dashed=True),
        _line([(x.at(each.day), y.at(each.value)) for each in moments]),
        *_axis(y, unit),
    ]
    return parts, x


def cohort_curves(curves: Mapping[str, Sequence[tuple[int, float]]], what: str, control: str) -> str:
    """Return the share of each arm over days since the start."""
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return _empty(f"{what}: nobody has been watched for a day yet")
    x = Scale(0, max(day for day, _ in points), LEFT, _PLOT_WIDE)
    y = Scale(0, max(share for _, share in points) or 1.0, 20 + _PLOT_HIGH, -_PLOT_HIGH)
    parts = [*_axis(y, "share")]
    for place, (arm, curve) in enumerate(curves.items()):
        parts.append(_line([(x.at(day), y.at(share)) for day, share in curve], dashed=arm == control))
        parts.append(_text(LEFT + 10, 32 + 16 * place, f"{'- - ' if arm == control else '—— '}{arm}"))
    parts.append(_text(LEFT + _PLOT_WIDE, HIGH - 8, f"{x.high:.0f} days since the start", anchor="end"))
    ends = "; ".join(f"{arm} {curve[-1][1]:.2%}" for arm, curve in curves.items() if curve)
    return _svg(f"{what} by days since the start: {ends}", parts)


def waterfall(steps: Sequence[tuple[str, float]], unit: str) -> str:
    """Return amounts that add up from left to right; the last bar is their sum."""
    ends, total = [], 0.0
    for _, change in steps:
        ends.append((total, total + change))
        total += change
    bars = [*zip((name for name, _ in steps), ends, strict=True), ("net", (0.0, total))]
    values = [value for _, pair in bars for value in pair]
    y = Scale(min(0.0, *values), max(0.0, *values), 20 + _PLOT_HIGH, -_PLOT_HIGH)
    width = _PLOT_WIDE / len(bars)
    parts = [*_axis(y, unit), _line([(LEFT, y.at(0)), (LEFT + _PLOT_WIDE, y.at(0))], dashed=True)]
    for index, (name, (low, high)) in enumerate(bars):
        top, bottom = sorted((y.at(low), y.at(high)))
        left = LEFT + index * width + width * 0.15
        parts.append(_bar(left, top, width * 0.7, max(bottom - top, 1), faint=high < low))
        parts.append(_text(left + width * 0.35, HIGH - 8, f"{name} {high - low:+,.0f}", anchor="middle"))
    return _svg(f"Waterfall in {unit}: " + "; ".join(f"{name} {b - a:+,.2f}" for name, (a, b) in bars), parts)


def _svg(title: str, parts: Sequence[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" xmlns="http://www.w3.org/2000/svg" font-size="12" '
        f'font-family="sans-serif"><title>{escape(title)}</title>{inside}</svg>'
    )


def _empty(title: str) -> str:
    return _svg(title, [_text(WIDE / 2, HIGH / 2, title, anchor="middle")])


def _axis(y: Scale, unit: str) -> list[str]:
    marks, shown = [y.low, (y.low + y.high) / 2, y.high], ".1%" if unit == "share" else ".3g"
    return [
        _line([(LEFT, 20), (LEFT, 20 + _PLOT_HIGH)]),
        *(_text(LEFT - 6, y.at(mark) + 4, format(mark, shown), anchor="end") for mark in marks),
        _text(6, 11, unit),
    ]


def _line(points: Sequence[tuple[float, float]], *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{_points(points)}" fill="none" stroke="currentColor"{dash}/>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _bar(x: float, y: float, width: float, height: float, *, faint: bool = False) -> str:
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"'
    return f'<rect {shape} fill="currentColor" opacity="{0.35 if faint else 0.7}"/>'


def _text(x: float, y: float, told: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(told)}</text>'
