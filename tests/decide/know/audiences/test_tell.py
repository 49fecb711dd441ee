"""An audience in plain English, line by line."""

from fieldfare.know.audiences.model import Audience, Charter, Listed, Refresh, Sync
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.tell import meaning_of, told


def test_a_condition_is_told_part_by_part() -> None:
    condition, _ = parse_condition(
        {
            "all": [
                {"trait": "plan", "is": "gold"},
                {"not": {"any": [{"in": "vips"}, {"did": "Order Completed", "within": "7 days"}]}},
            ]
        },
        (),
    )
    assert condition is not None
    charter = Charter("win-back", "", "visits", 10, None, 30, Sync.NONE)
    audience = Audience("x", condition, "d", "Those.", "retention", Refresh.NIGHTLY, charter)
    assert told(audience) == [
        "Audience x: Those.",
        "In it is every profile for which this holds:",
        "  - all of:",
        "    - trait plan is gold",
        "    - not:",
        "      - at least one of:",
        "        - is in audience vips",
        "        - did Order Completed, within the last 7 days",
        "Memberships follow at the beginning of each day, in the workspace's zone.",
        "It asks for the audiences vips.",
        "Owner: retention",
        "Action: win-back",
        "Success metric: visits",
        "Expected size: at least 10",
        "To be looked at again after 30 days",
        "Sync: none",
    ]


def test_a_query_is_told_as_it_stands_and_called_not_exact() -> None:
    audience = Audience("x", Listed("x", "SELECT profile_id\nFROM events"), "d", refresh=Refresh.HOURLY)
    assert told(audience) == [
        "Audience x",
        "In it is whom its own query returned when it last ran. It is not exact:",
        "  SELECT profile_id",
        "  FROM events",
        "Memberships follow at each full hour, in the workspace's zone.",
    ]
    assert meaning_of(audience) == "SELECT profile_id\nFROM events"
