"""Which places to match, and what a test of matched places can find: before the start, from two windows of time. Pure.

Places are put beside their neighbours by what a person did there in the window *before the last*, and judged by the
last one: places that chance made alike come apart again, so neighbours by the same numbers would promise too much. The
blocks are written into the experiment's file; which place of a block gets what is the published hash's affair.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.ground.money import said
from fieldfare.learn.experiments.assign import deal, quotas
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import NotComputable, Split, Why
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.statistics.corrections import joint_level
from fieldfare.learn.experiments.statistics.power import FEWEST_PAIRS, Aim, smallest_of_pairs
from fieldfare.learn.experiments.strata import blocks_of


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks of places, and what they can find."""

    blocks: tuple[tuple[str, ...], ...]
    left_over: tuple[str, ...]
    """In no block: the coin decides for each, and the pairs do not count them."""
    levels: dict[str, float]
    """What a person did there in the last window."""
    spread: float
    """By how much the two sides of a block differed in the last window, when nobody was treated: standard deviation."""
    judged: int
    """Blocks in which people of the last window stand on both sides: on these the spread and what is found rest."""
    level: float
    """Of each variant's interval: several variants share the error."""
    finds: float
    """The smallest difference that a paired test finds."""


def match(
    before: Mapping[str, float], after: Mapping[str, float], size: int, split: Split, plan: Registration
) -> Matching | NotComputable:
    """Return blocks of ``size`` neighbours, or the registered ones; ``before`` and ``after`` are levels by place."""
    if not plan.blocks and (without := [arm for arm, count in quotas(size, split.weights).items() if not count]):
        told = ", ".join(f"{weight:.0%} {arm}" for arm, weight in split.weights.items())
        text = (
            f"In a block of {size} places no one would be `{without[0]}`, for the shares are {told} and exact there. "
        )
        return NotComputable(Why.EMPTY_ARM, text + "Make the shares equal (`holdout: 50 %`), or take larger blocks.")
    known = {name: level for name, level in before.items() if name in after}
    found = plan.blocks or tuple(tuple(block) for block in blocks_of(known, size) if len(block) == size)
    inside = {name for block in found for name in block}
    split = msgspec.structs.replace(split, blocks=found)
    apart = [each for turn, block in enumerate(found) if (each := _apart(block, turn, after, split)) is not None]
    if len(apart) < FEWEST_PAIRS:
        text = f"There are {len(known)} places with people in both of the last two windows, and {len(apart)} blocks of "
        return NotComputable(Why.TOO_SMALL, f"{text}{size} can be made of them; at least {FEWEST_PAIRS} are needed.")
    spread = math.sqrt(sum(each * each for each in apart) / len(apart))
    if spread <= 0:
        return NotComputable(Why.NO_VARIATION, "The places of every block were alike, so nothing can be planned.")
    level = joint_level(plan.level, len(split.weights) - 1)
    finds = smallest_of_pairs(len(apart), spread, Aim(level=level, power=plan.power))
    assert finds is not None, "there are enough pairs"
    return Matching(
        blocks=found,
        left_over=tuple(sorted(known.keys() - inside)),
        levels=dict(after),
        spread=spread,
        judged=len(apart),
        level=level,
        finds=finds,
    )


def _apart(block: Sequence[str], turn: int, levels: Mapping[str, float], split: Split) -> float | None:
    """Return by how much the first two arms of a block differed; ``None`` where one has no place with people."""
    dealt = deal(list(block), split, turn)
    sides = [
        [levels[name] for name, arm in dealt.items() if arm == wanted and name in levels]
        for wanted in list(split.weights)[:2]
    ]
    return None if not all(sides) else sum(sides[0]) / len(sides[0]) - sum(sides[1]) / len(sides[1])


def matching_lines(plan: Registration, metric: Metric, found: Matching | NotComputable, currency: str) -> list[str]:
    """Return the blocks as lines of text, as they stand in the experiment's file."""
    if isinstance(found, NotComputable):
        return [f"Not computable ({found.reason}). {found.detail}"]

    def told(value: float) -> str:
        if metric.shape is Shape.SHARE:
            return f"{value * 100:.2f} points"
        return said(value, currency) if metric.is_money else f"{value:,.4g}"

    can = "can" if found.finds <= _wanted(plan, found) * (1 + 1e-9) else "CANNOT"
    lines = [f"# {metric.name} for each person in the last window; matched by the window before it.", "unit: location"]
    lines.append("blocks:")
    for block in found.blocks:
        levels = ", ".join(told(found.levels[name]) if name in found.levels else "nobody" for name in block)
        lines.append(f"  - [{', '.join(block)}]  # {levels}")
    if found.left_over:
        lines.append(
            f"# In no block, so the coin decides and the pairs do not count them: {', '.join(found.left_over)}"
        )
    lines.append(f"# Untreated, the two sides of a block differed by {told(found.spread)} (standard deviation).")
    if found.judged < len(found.blocks):
        lines.append(
            f"# That is of {found.judged} of the {len(found.blocks)} blocks; in the others nobody was on one side."
        )
    shared = "" if found.level == plan.level else " shared by the variants"
    found_by = (
        f"{found.judged} blocks find {told(found.finds)} or more (level {plan.level:.0%}{shared}, "
        f"power {plan.power:.0%})"
    )
    lines.append(f"# {found_by}; they {can} find the registered {told(_wanted(plan, found))}.")
    return lines


def _wanted(plan: Registration, found: Matching) -> float:
    level = sum(found.levels.values()) / len(found.levels)
    return plan.smallest_effect * (level if plan.effect_is_lift else 1.0)
