"""Settling a mapping: zone and source come from the workspace where the mapping leaves them to it."""

from fieldfare.collect.mapping import (
    WORKSPACE_ZONE,
    EventPart,
    FileMapping,
    IdColumn,
    InstantColumn,
    MappedField,
    NameRule,
    settle,
)


def mapping(zone: str) -> FileMapping:
    field = MappedField(("seen",), "column", ("s",), "instant", time_zone=zone)
    part = EventPart(type="track", event=NameRule(otherwise="E"), occurred_at=InstantColumn("when", (), zone))
    parts = (part, EventPart(type="identify", event=NameRule(), occurred_at=part.occurred_at, fields=(field,)))
    return FileMapping(name="m", source="till", parts=parts, ids={"userId": IdColumn("who")})


def test_the_workspace_zone_stands_where_it_was_asked_for() -> None:
    settled = settle(mapping(WORKSPACE_ZONE), "Europe/Vienna")
    assert [part.occurred_at and part.occurred_at.time_zone for part in settled.parts] == ["Europe/Vienna"] * 2
    assert settled.parts[1].fields[0].time_zone == "Europe/Vienna"
    assert settle(mapping("UTC"), "Europe/Vienna") == mapping("UTC")


def test_another_source_replaces_the_own_one() -> None:
    assert settle(mapping("UTC"), "UTC", "app").source == "app"
    assert settle(mapping("UTC"), "UTC", None).source == "till"


def test_the_whole_row_is_needed_only_where_nothing_else_names_it() -> None:
    import msgspec

    replace = msgspec.structs.replace
    assert mapping("UTC").needs_whole_row
    assert not replace(mapping("UTC"), message_id=("a",)).needs_whole_row
    assert not replace(mapping("UTC"), group_by="a").needs_whole_row
    assert replace(mapping("UTC"), group_by="a", duplicates_label="again").needs_whole_row
