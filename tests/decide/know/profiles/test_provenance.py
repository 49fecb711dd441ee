"""The names under which provenance is shown."""

from fieldfare.know.profiles.model import Basis, Origin, TraitSpec, TraitType, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.provenance import lake_provenance, shown_provenance

PLAN = FoldPlan(
    [], {"tier": TraitSpec("tier", TraitType.TEXT, owner="billing")}, origins={"app": Origin("club-management")}
)


def test_the_system_of_record_is_the_declared_one_else_the_senders() -> None:
    fact = TraitValue("gold", "app", 1, 2, Basis.VERIFIED, 90)
    told = {"source_origin": "app", "basis": "verified", "confidence": 90}
    assert shown_provenance("tier", fact, PLAN) == {"field_source": "billing", **told}
    assert shown_provenance("other", fact, PLAN) == {"field_source": "club-management", **told}
    stranger = TraitValue("gold", "web", 1, 2)
    assert shown_provenance("other", stranger, PLAN)["field_source"] == "web"


def test_the_lake_keeps_instants() -> None:
    found = lake_provenance({"tier": TraitValue("gold", "app", 1, 2)}, PLAN)
    assert (found["tier"]["occurred_at"], found["tier"]["last_synced_at"]) == (1, 2)
