"""Say in words why a model finds two records alike. Pure; no value of anybody is told."""

import math
from operator import itemgetter
from typing import Any

from fieldfare.know.identity.match.model import Model, Pair
from fieldfare.know.identity.match.train import said

MAY_BE_OTHER = 0.05


def explain(model: Model, pair: Pair) -> dict[str, Any]:
    """Return what speaks for one person, what against, what is missing, and a caution where there is one.

    ``bits`` are powers of two by which an agreement makes one person likelier: average ones, without the rarity of the
    very value, which would tell something of it.
    """
    agreed: list[dict[str, Any]] = []
    differed: list[dict[str, Any]] = []
    missing = []
    for comparison, at in zip(model.comparisons, pair.levels, strict=True):
        if at < 0:
            missing.append(comparison.name.replace("_", " "))
            continue
        level = said(comparison)[at]
        bits = round(math.log2(level.m / level.u), 1)
        told = {"what": level.label, "bits": bits}
        (agreed if bits > 0 else differed).append(told)
    found: dict[str, Any] = {
        "agrees": sorted(agreed, key=lambda each: -each["bits"]),
        "differs": sorted(differed, key=lambda each: each["bits"]),
        "missing": missing,
    }
    likely, relation = max(zip(pair.others, model.relations, strict=True), key=itemgetter(0), default=(0.0, None))
    if relation is not None and likely >= MAY_BE_OTHER:
        found["caution"] = f"may be {relation.name} ({likely:.0%})"
    return found


def sentence(explanation: dict[str, Any]) -> str:
    """Return an explanation as one line."""
    parts = [", ".join(each["what"] for each in explanation["agrees"]) or "nothing agrees"]
    if explanation["differs"]:
        parts.append("but " + ", ".join(each["what"] for each in explanation["differs"]))
    if "caution" in explanation:
        parts.append(explanation["caution"])
    return "; ".join(parts)
