"""Every name that refers to something else is found, with its path; broken values never stop the search."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.reference_parts import Reference, To
from fieldfare.flow.workspace import KINDS
from fieldfare.flow.workspace_references import define_measures, references, rename_events, sends

JOURNEY: dict[str, Any] = {
    "journey": "j",
    "entry": {"event": "e1", "where": {"p1": 1, "location": ["l1"], "weekday": "mon"}, "if": {"in": "a1"}},
    "goal": {"event": "e2", "revenue": "p2"},
    "exit": [{"leaves": "a2"}, {"event": "e3"}, {"when": {"trait": "t1", "in": ["x"]}}],
    "purpose": "u1",
    "steps": [
        {"wait": {"event": "e4"}},
        {
            "branch": {
                "when": {"any": [{"did": "e5", "sum": {"of": "p3"}}, {"not": {"in_phase": "s.peak"}}]},
                "then": [{"send": {"channel": "c1", "template": "m1", "purpose": "u2"}}],
                "else": [{"branch": {"when": {"location": "l2"}, "then": [{"send": {"channel": "c2"}}]}}],
            }
        },
    ],
}


def test_references_of_a_journey() -> None:
    found = {(reference.to, reference.name) for reference in references("journey", JOURNEY)}
    expected: dict[To, str] = {
        To.EVENT: "e",
        To.AUDIENCE: "a",
        To.CHANNEL: "c",
        To.LOCATION: "l",
        To.PURPOSE: "u",
        To.PROPERTY: "p",
    }
    for to, letter in expected.items():
        names = {name for kind, name in found if kind is to}
        assert names == {f"{letter}{number}" for number in range(1, len(names) + 1)}, to
    assert {(To.TRAIT, "t1"), (To.PHASE, "s.peak"), (To.TEMPLATE, "m1")} <= found
    assert len({reference.path for reference in references("journey", JOURNEY)}) == len(
        list(references("journey", JOURNEY))
    )


def test_paths_lead_to_the_names() -> None:
    for reference in references("journey", JOURNEY):
        node: Any = JOURNEY
        for part in reference.path[:-1]:
            node = node[part]
        assert reference.path[-1] in node or node[reference.path[-1]] == reference.name
        if reference.to is not To.PROPERTY:
            assert node[reference.path[-1]] == reference.name


def test_in_beside_a_trait_is_a_list_of_values() -> None:
    found = list(references("audience", {"where": {"trait": "t", "in": "x"}}))
    assert found == [Reference(("where", "trait"), To.TRAIT, "t", keys=frozenset({"in"}))]


def test_rename_events_changes_only_event_names_and_not_the_original() -> None:
    value: dict[str, Any] = {"where": {"all": [{"did": "E", "where": {"event": "E"}}, {"trait": "E", "is": "E"}]}}
    renamed = rename_events("audience", value, lambda name: name.lower())
    assert renamed == {"where": {"all": [{"did": "e", "where": {"event": "E"}}, {"trait": "E", "is": "E"}]}}
    assert value["where"]["all"][0]["did"] == "E"


def test_sends_are_found_in_branches() -> None:
    assert [send.get("channel") for _, send in sends(JOURNEY)] == ["c1", "c2"]


KEYS = sorted(
    {
        "where",
        "steps",
        "entry",
        "exit",
        "goal",
        "send",
        "branch",
        "then",
        "else",
        "wait",
        "when",
        "if",
        "did",
        "in",
        "all",
    }
    | {"any", "not", "sum", "trait", "event", "location", "caps", "phases", "channels", "purposes", "seasons", "map"}
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@given(st.sampled_from(sorted(KINDS)), ANYTHING)
def test_no_values_stop_the_search(kind: str, value: Any) -> None:
    for reference in references(kind, value):
        assert reference.name is not None
    rename_events(kind, value, lambda name: name + "!")


OVER_TIME: dict[str, Any] = {
    "where": {
        "all": [
            {"measure": "m1", "over": "3 days", "compared_to": {"during": "last s1.peak"}, "below": "5 %"},
            {"measure": {"rate": ["e1", {"event": "e2", "sum": "p1", "where": {"p2": 1}}]}, "above": 1},
            {"did": "e3", "then": {"did": "e4", "then": {"did": "e5", "where": {"p3": 1}}}},
            {"did": "e6", "without": {"did": "e7", "within": "1 day"}, "during": {"phase": "s2.off", "before_last": 1}},
        ]
    }
}


def test_references_of_measures_sequences_and_stretches() -> None:
    found = {(reference.to, reference.name) for reference in references("audience", OVER_TIME)}
    assert {name for to, name in found if to is To.EVENT} == {f"e{number}" for number in range(1, 8)}
    assert {name for to, name in found if to is To.PROPERTY} == {"p1", "p2", "p3"}
    assert {name for to, name in found if to is To.PHASE} == {"s1.peak", "s2.off"}
    assert {name for to, name in found if to is To.MEASURE} == {"m1"}


def test_references_of_declared_measures() -> None:
    file = {"measures": {"a": {"event": "e1", "sum": "p1"}, "b": {"rate": ["e2", {"event": "e3"}]}, "c": 3}}
    found = [(reference.path, reference.to, reference.name) for reference in references("measures", file)]
    assert found == [
        (("measures", "a", "event"), To.EVENT, "e1"),
        (("measures", "a", "sum"), To.PROPERTY, "p1"),
        (("measures", "b", "rate", 0), To.EVENT, "e2"),
        (("measures", "b", "rate", 1, "event"), To.EVENT, "e3"),
    ]


def test_definitions_take_the_place_of_names_everywhere() -> None:
    definitions = {"m1": {"event": "e"}}
    defined = define_measures("audience", OVER_TIME, definitions)
    assert defined["where"]["all"][0]["measure"] == {"name": "m1", "event": "e"}
    assert OVER_TIME["where"]["all"][0]["measure"] == "m1"
    assert not [each for each in references("audience", defined) if each.to is To.MEASURE]
    journey = {"journey": "j", "steps": [{"branch": {"when": {"not": {"measure": "m1", "above": 1}}}}]}
    (step,) = define_measures("journey", journey, definitions)["steps"]
    assert step["branch"]["when"]["not"]["measure"]["event"] == "e"
    traits = {"computed": {"t": {"measure": "m1", "within": "3 days"}, "u": {"measure": "m2"}, "v": {"measure": "sum"}}}
    computed = define_measures("traits", traits, definitions)["computed"]
    assert computed["t"]["measure"] == {"name": "m1", "event": "e"}
    assert computed["u"] == {"measure": "m2"}
    assert [each.name for each in references("traits", traits) if each.to is To.MEASURE] == ["m1", "m2"]
