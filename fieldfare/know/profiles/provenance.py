"""The names under which the provenance of a value is shown, in the API, the lake and the documents. Pure.

``field_source`` is the system of record: the declared ``owner`` of the trait, else the system of the source that sent
the value; of a correction by one of our own people it is Fieldfare. ``source_origin`` is the source that did send it.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.know.profiles.model import Basis, TraitValue
from fieldfare.know.profiles.plan import FoldPlan


def shown_provenance(name: str, fact: TraitValue, plan: FoldPlan) -> dict[str, Any]:
    """Return where a value comes from and how it is known; its times are the caller's to write."""
    spec = plan.traits.get(name)
    owner = spec.owner if spec is not None and fact.basis is not Basis.CORRECTED else None
    return {
        "field_source": owner if owner is not None else plan.origin(fact.source).system,
        "source_origin": fact.source,
        "basis": fact.basis.name.lower(),
        "confidence": fact.confidence,
    }


def lake_provenance(traits: Mapping[str, TraitValue], plan: FoldPlan) -> dict[str, dict[str, Any]]:
    """Return the provenance of all traits, with instants as the lake keeps them."""
    return {
        name: shown_provenance(name, fact, plan) | {"occurred_at": fact.occurred_at, "last_synced_at": fact.received_at}
        for name, fact in traits.items()
    }
