"""The load of a peak against the most that was seen."""

import pytest

from fieldfare.learn.forecast.need import Load, needs_of


def test_needs() -> None:
    events, messages, tasks = needs_of(
        {
            "events": Load(86_400, 1 / 12, 50.0),
            "messages": Load(1_000, 0.3, 900.0),
            "tasks": Load(10, 1.0, 0.0),
        },
        3.0,
    )
    assert events.expected == pytest.approx(6.0)
    assert events.unit == "a second"
    assert events.head_room == pytest.approx(50 / 6)
    assert messages.expected == pytest.approx(900.0)
    assert messages.head_room == pytest.approx(1.0)
    assert (tasks.expected, tasks.head_room) == (30.0, None)


def test_nothing_expected_needs_no_room() -> None:
    assert needs_of({"tasks": Load(0, 1.0, 5.0)}, 3.0)[0].head_room is None
