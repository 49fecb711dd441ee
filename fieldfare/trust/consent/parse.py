"""From ``consent.yaml`` to the consent policy, with every problem at once. Pure; reads no file."""

from fieldfare.ground.workspace.model import Problem
from fieldfare.trust.consent.files import ConsentFile
from fieldfare.trust.consent.model import EVERY, ConsentPolicy, Purpose


def parse_consent(file: ConsentFile) -> tuple[ConsentPolicy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problems: channels doubled or written as ``*``."""
    problems: list[Problem] = []
    purposes: dict[str, Purpose] = {}
    for name, entry in file.purposes.items():
        for index, channel in enumerate(entry.channels):
            path = ("purposes", name, "channels", index)
            if channel == EVERY:
                problems.append(
                    Problem(path, "`*` is no channel", "an empty list means every channel", "Leave `channels` out.")
                )
            elif channel in entry.channels[:index]:
                problems.append(Problem(path, f"`{channel}` stands twice", "once is enough", "Remove one of them."))
        required = entry.consent == "required"
        purposes[name] = Purpose(name, entry.description, tuple(entry.channels), required, entry.notice_version)
    return (None, problems) if problems else (ConsentPolicy(purposes), [])
