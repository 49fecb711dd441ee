"""Health and children's data stand in a message only where the message's purpose is one they are kept for."""

import shutil
from pathlib import Path

import pytest

from fieldfare.flow.workspace import load_workspace
from tests.scenarios.example_engine import EXAMPLES


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "clinic", tmp_path / "clinic")
    return tmp_path / "clinic"


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(folder: Path) -> list[str]:
    return [str(problem) for problem in load_workspace(folder)[1]]


def test_a_message_of_its_own_purpose_may_say_it(clinic: Path) -> None:
    assert "{{ profile.complaint" in (clinic / "templates" / "intake_urgent.yaml").read_text(encoding="utf-8")
    assert told(clinic) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("templates/appointment_soon.yaml", "your appointment", "your {{ profile.complaint }}", "`profile.complaint`"),
        ("templates/intake_received.yaml", "thank you", "thank you for {{ event.complaint }}", "`event.complaint`"),
        ("templates/intake_received.yaml", "thank you", "thank you {{ profile }}", "`profile.complaint`"),
    ],
)
def test_a_message_of_another_purpose_may_not(clinic: Path, file: str, old: str, new: str, said: str) -> None:
    change(clinic, file, old, new)
    found = [line for line in told(clinic) if "of the sensitivity `health` and kept for `treatment`" in line]
    assert len(found) == 1
    assert f"reads {said} and is sent for `transactional`" in found[0]


def test_no_audience_asks_for_what_somebody_wrote_of_their_health(clinic: Path) -> None:
    asks = "{did: appointment_note_written, where: {note: {contains: knee}}}"
    (clinic / "audiences" / "knees.yaml").write_text(f"audience: knees\nowner: practice\nwhere: {asks}\n", "utf-8")
    (found,) = told(clinic)
    assert found.startswith("audiences/knees.yaml:3")
    assert "The property `note` is asked for. It is of the sensitivity `health` and kept for `treatment`." in found


def test_a_child_is_named_to_nobody_but_for_the_party(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "family-entertainment", tmp_path / "parks")
    assert told(tmp_path / "parks") == []
    change(tmp_path / "parks", "templates/come_back.yaml", "the whole family", "{{ profile.child_first_name }}")
    assert any("sensitivity `child` and kept for `parental`" in line for line in told(tmp_path / "parks"))


def test_a_sensitivity_that_is_no_text_is_told_and_breaks_nothing(clinic: Path) -> None:
    path = clinic / "traits.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("sensitivity: health", "sensitivity: [health]", 1), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    assert any(line.startswith("traits.yaml") and "sensitivity" in line for line in told(clinic))
