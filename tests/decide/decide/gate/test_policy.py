"""Regions are spelled out as places; what is unknown never becomes everywhere."""

from fieldfare.decide.gate.policy import Cap, ControlGroup, PhaseRule, Policy, Selector, in_places
from fieldfare.ground.workspace.model import Duration

WEEK = Duration(7, "day")
TREE = {"hamburg": ("altona", "mitte"), "altona": ("altona",), "mitte": ("mitte",)}


def inside(name: str) -> tuple[str, ...]:
    return TREE.get(name, ())


def test_regions_are_spelled_out_everywhere() -> None:
    region, places = Selector(locations=("hamburg",)), Selector(locations=("altona", "mitte"))
    policy = Policy(
        caps=(Cap(most=1, per=WEEK, obeys=region, counts_towards=region),),
        phases=(PhaseRule(phase="peak", caps=(Cap(most=1, per=WEEK, obeys=region),)),),
        refused=(region,),
        control_group=ControlGroup(share=0.1, spares=(region,)),
    )
    found = in_places(policy, inside)
    assert found.caps[0].obeys == found.caps[0].counts_towards == places
    assert found.phases[0].caps[0].obeys == places
    assert found.refused == (places,)
    assert found.control_group is not None
    assert found.control_group.spares == (places,)


def test_what_is_unknown_stays_and_everybody_stays_everybody() -> None:
    found = in_places(Policy(refused=(Selector(locations=("nowhere",)), Selector(tags=("x",)))), inside)
    assert found.refused == (Selector(locations=("nowhere",)), Selector(tags=("x",)))
    assert Selector().covers("email", "marketing", (), None, "")
    assert not Selector(locations=("altona",)).covers("email", "marketing", (), None, "")
