"""Two reports of the same people and events by two sets of rules: what differs, by journey. Pure."""

from typing import Any

_COUNTS = ("entered", "deferred", "cost")
_TABLES = ("sent", "refused", "ended", "turned_away")


def differences(today: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return what differs: per journey every number that is not the same, then those of the whole."""
    before = {each["journey"]: each["total"] for each in today["journeys"]}
    after = {each["journey"]: each["total"] for each in changed["journeys"]}
    journeys = []
    for name in sorted(before.keys() | after.keys()):
        how = "removed" if name not in after else "added" if name not in before else "kept"
        found = _of_journey(before.get(name, {}), after.get(name, {}))
        if found or how != "kept":
            journeys.append({"journey": name, "how": how, "differs": found})
    whole = {
        "sent": _two(today["messages"]["sent"], changed["messages"]["sent"]),
        "cost": _two(today["messages"]["cost"], changed["messages"]["cost"]),
        "peak_per_hour": _two(today["messages"]["peak_per_hour"], changed["messages"]["peak_per_hour"]),
        "tasks": _two(today["tasks"]["created"], changed["tasks"]["created"]),
    }
    return {"journeys": journeys, "whole": {name: found for name, found in whole.items() if found["change"]}}


def _of_journey(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    found = [(name, before.get(name, 0), after.get(name, 0)) for name in _COUNTS]
    for table in _TABLES:
        old, new = before.get(table, {}), after.get(table, {})
        found += [(f"{table}: {key}", old.get(key, 0), new.get(key, 0)) for key in sorted(old.keys() | new.keys())]
    return [{"what": what, **_two(old, new)} for what, old, new in found if old != new]


def _two(today: int, changed: int) -> dict[str, int]:
    return {"today": today, "changed": changed, "change": changed - today}
