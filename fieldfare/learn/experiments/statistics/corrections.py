"""Corrections for asking many questions: Holm for claims that must all hold, Benjamini-Hochberg for a list. Pure.

Holm (1979) keeps the chance of *any* false claim under 1 - level, and is for the primary metrics and the variants of
one experiment. Benjamini and Hochberg (1995) keep the expected *share* of false ones among those that are claimed,
and is for supporting metrics and declared segments, which are a list to look into. Adjusted p-values are compared
with the level as they stand.
"""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return adjusted p-values by Holm's step-down rule."""
    ordered = sorted(p_values, key=lambda name: p_values[name])
    found, highest = {}, 0.0
    for index, name in enumerate(ordered):
        highest = max(highest, min(1.0, p_values[name] * (len(ordered) - index)))
        found[name] = highest
    return {name: found[name] for name in p_values}


def benjamini_hochberg(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return adjusted p-values by the step-up rule of Benjamini and Hochberg."""
    ordered = sorted(p_values, key=lambda name: p_values[name], reverse=True)
    found, lowest = {}, 1.0
    for index, name in enumerate(ordered):
        rank = len(ordered) - index
        lowest = min(lowest, p_values[name] * len(ordered) / rank)
        found[name] = lowest
    return {name: found[name] for name in p_values}


def joint_level(level: float, questions: int) -> float:
    """Return the level at which each of so many intervals holds, so that all hold at ``level`` (Bonferroni)."""
    return 1 - (1 - level) / max(questions, 1)
