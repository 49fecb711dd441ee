"""Conditions over a household: hidden rules that each member keeps, what members tell each other, how they are counted.

The condition that members are asked for is evaluated on each member like a rule of a stage: it is kept in the member's
own document, under a name made from the condition. Beside it a document keeps, for each other member, which of these
rules hold there. So a household is counted from one document alone, exactly and without reading anybody else; what a
member's rule turns is told to the others in the same transaction (:mod:`fieldfare.flow.together`).

A rule never asks for a household, itself or through an audience or a stage, so telling ends after one step. Three
answers: a rule that cannot be told of a member is neither; the count then lies between two numbers, and the condition
holds or not where both agree. A household of more than ``MOST_MEMBERS`` is an office or a desk: not computable.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from fieldfare.ground.ids import digest
from fieldfare.know.audiences.model import Audience, Bound, Condition, Household, InAudience, InStage, encoded, walk
from fieldfare.know.profiles.model import Document

RULE = "household:"
"""Begins the name of a hidden rule; names of audiences hold no colon."""
OPEN = "?"
"""Ends the name of a rule that cannot be told."""
MOST_MEMBERS = 20
"""So many people may be one household; of more nothing is computable."""

Told = dict[str, bool | None]
"""What a member tells: rule -> whether it holds; ``None``: it cannot be told."""


def rule_of(who: Condition) -> str:
    """Return the name of the hidden rule of a condition."""
    return f"{RULE}{digest('household', encoded(who)).hex()[:16]}"


def rules_in(conditions: Iterable[Condition]) -> dict[str, Condition]:
    """Return the hidden rules that conditions need, by name."""
    nodes = (node for condition in conditions for node in walk(condition))
    return {rule_of(node.who): node.who for node in nodes if isinstance(node, Household) and node.who is not None}


def asks_household(condition: Condition) -> bool:
    """Return whether the condition itself asks for a household."""
    return any(isinstance(node, Household) for node in walk(condition))


def stages_ask(audiences: Iterable[Audience], stage_rules: Iterable[Condition]) -> bool:
    """Return whether a rule of a stage asks for a household, itself or through audiences."""
    by_name = {audience.name: audience.condition for audience in audiences}
    return any(_leads_to_household(condition, by_name, stages=False) for condition in stage_rules)


def nested(audiences: Collection[Audience], stage_rules: Iterable[Condition]) -> frozenset[str]:
    """Return the audiences that ask for a household, themselves, through others or through a stage.

    None of them may be asked for inside a household.
    """
    by_name = {audience.name: audience.condition for audience in audiences}
    by_stages = stages_ask(audiences, stage_rules)
    return frozenset(
        name for name, condition in by_name.items() if _leads_to_household(condition, by_name, stages=by_stages)
    )


def _leads_to_household(condition: Condition, by_name: Mapping[str, Condition], *, stages: bool) -> bool:
    """Return whether the condition asks for a household; ``stages``: to ask for a stage is to ask for one."""
    waiting, seen = [condition], set[str]()
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, Household) or (stages and isinstance(node, InStage)):
                return True
            if isinstance(node, InAudience) and node.audience in by_name and node.audience not in seen:
                seen.add(node.audience)
                waiting.append(by_name[node.audience])
    return False


def keep_rule(rules: list[str], name: str, truth: bool | None) -> bool:  # noqa: FBT001 - one of three answers
    """Keep what a hidden rule says among the sorted rules of a document; return whether that turned."""
    wanted = {True: [name], False: [], None: [name + OPEN]}[truth]
    if wanted == [each for each in rules if each.removesuffix(OPEN) == name]:
        return False
    rules[:] = sorted([*(each for each in rules if each.removesuffix(OPEN) != name), *wanted])
    return True


def kept_truth(document: Document, name: str) -> bool | None:
    """Return what a document says of a hidden rule."""
    return None if name + OPEN in document.rules else name in document.rules


def household_run(node: Household, own: Callable[[Document], bool | None]) -> Callable[[Document], bool | None]:
    """Return the condition as a function of the document; ``own`` tells whether the profile itself satisfies it."""
    name = None if node.who is None else rule_of(node.who)

    def run(document: Document) -> bool | None:
        if not document.household_known:
            return None
        mine = [] if node.others else [own(document)]
        return counted(node, [*mine, *(told.get(name) if name is not None else True for told in document.kin.values())])

    return run


def counted(node: Household, answers: list[bool | None]) -> bool | None:
    """Return whether members with these answers are as many as is asked."""
    least = answers.count(True)
    most = least + answers.count(None)
    if node.every:
        return False if most < len(answers) else True if least == len(answers) else None
    truths = [_bound(bound, least, most) for bound in node.bounds]
    return False if False in truths else None if None in truths else True


def _bound(bound: Bound, least: int, most: int) -> bool | None:
    """Return whether every number from ``least`` to ``most`` is within the bound; ``None``: only some."""
    ends = {holds_count(bound, number) for number in range(least, most + 1)}
    return ends.pop() if len(ends) == 1 else None


def holds_count(bound: Bound, number: int) -> bool:
    """Return whether a number is within a bound."""
    match bound.operator:
        case "at_least":
            return number >= bound.value
        case "at_most":
            return number <= bound.value
        case "above":
            return number > bound.value
        case "below":
            return number < bound.value
        case "exactly":
            return number == bound.value
        case _:
            message = f"unknown bound {bound.operator}"
            raise AssertionError(message)


def members_who(node: Household, document: Document, own: bool | None) -> str:  # noqa: FBT001 - one of three answers
    """Return, for people, how many of how many satisfy the condition."""
    if not document.household_known:
        return "not computable"
    told: Mapping[int, Told] = document.kin
    name = None if node.who is None else rule_of(node.who)
    answers = [each.get(name) if name is not None else True for each in told.values()]
    answers += [] if node.others else [own]
    return f"{answers.count(True)} of {len(answers)}"
