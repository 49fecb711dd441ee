"""What changed rules would have decided: by change, by journey and by reason, with examples by profile id. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fieldfare.flow.redecide.model import Compared, Result
from fieldfare.flow.redecide.rejudge import differing

EXAMPLES = 5
_WHY = {
    "inputs_forgotten": "its inputs have given way to their hash (`keep_decisions` in policies.yaml)",
    "other_rules": "it was judged by another edition of the gate's rules",
    "proposal_gone": "its proposal is gone: the person was erased, or it was an action",
    "verified_unknown": "the changed rules ask whether the address is verified, which the log does not tell",
    "not_reproduced": "today's rules do not say what the log says, so it depends on what is not recorded",
}


def diff_of(result: Result) -> dict[str, Any]:
    """Return the differences as plain JSON values."""
    different = list(differing(result.compared))
    return {
        "proposals": len(result.compared),
        "verdicts": result.verdicts,
        "same": len(result.compared) - len(different),
        "differ": len(different),
        "changes": _changes(different),
        "journeys": _journeys(result.compared, different),
        "reasons": _reasons(result.compared),
        "not_replayed": [
            {"why": each.why, "proposals": each.proposals, "text": _WHY[each.why.partition(":")[0]]}
            for each in result.left
        ],
    }


def _changes(different: list[Compared]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[Compared]] = {}
    for each in different:
        found.setdefault((each.was.outcome, each.would_be.outcome), []).append(each)
    return [
        {
            "was": was,
            "would_be": would_be,
            "proposals": len(some),
            "was_reasons": _counted(reason for each in some for reason in each.was.reasons),
            "would_be_reasons": _counted(reason for each in some for reason in each.would_be.reasons),
            "examples": [
                {"profile": each.proposal.profile_id, "journey": each.proposal.journey, "step": each.proposal.step}
                for each in _apart(some)
            ],
        }
        for (was, would_be), some in sorted(found.items())
    ]


def _apart(some: list[Compared]) -> list[Compared]:
    """Return some examples, of different people."""
    found: dict[int, Compared] = {}
    for each in some:
        found.setdefault(each.proposal.profile_id, each)
        if len(found) == EXAMPLES:
            break
    return list(found.values())


def _journeys(compared: tuple[Compared, ...], different: list[Compared]) -> list[dict[str, Any]]:
    whole = Counter(each.proposal.journey for each in compared)
    moved: dict[str, Counter[str]] = {}
    for each in different:
        what = f"{each.was.outcome} -> {each.would_be.outcome}"
        moved.setdefault(each.proposal.journey, Counter())[what] += 1
    return [
        {"journey": name, "proposals": count, "changes": dict(sorted(moved.get(name, Counter()).items()))}
        for name, count in sorted(whole.items())
    ]


def _reasons(compared: tuple[Compared, ...]) -> list[dict[str, Any]]:
    was = Counter(reason for each in compared for reason in each.was.reasons)
    would_be = Counter(reason for each in compared for reason in each.would_be.reasons)
    return [
        {
            "reason": reason,
            "was": was[reason],
            "would_be": would_be[reason],
            "change": would_be[reason] - was[reason],
        }
        for reason in sorted(was.keys() | would_be.keys())
    ]


def _counted(reasons: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))


def told_diff(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that tell it."""
    yield f"{found['from']} to {found['to']}: {found['proposals']:,} proposals judged anew, {found['differ']:,} differ"
    for each in found["changes"]:
        why = ", ".join(f"{name} {count:,}" for name, count in each["would_be_reasons"].items())
        reasons = f" ({why})" if why else ""
        yield f"  {each['was']} -> {each['would_be']}: {each['proposals']:,}{reasons}"
        shown = ", ".join(f"{one['profile']} in {one['journey']}" for one in each["examples"])
        yield f"    for example profiles {shown}"
    for each in found["journeys"]:
        moves = ", ".join(f"{name}: {count:,}" for name, count in each["changes"].items()) or "the same"
        yield f"  {each['journey']}, {each['proposals']:,} proposals: {moves}"
    for each in found["reasons"]:
        if each["change"]:
            yield f"  reason {each['reason']}: {each['was']:,} -> {each['would_be']:,} ({each['change']:+,})"
    for each in found["not_replayed"]:
        yield f"not replayed, {each['why']}: {each['proposals']:,}; {each['text']}"
    for note in found["not_looked_at"]:
        yield f"not looked at: {note}"
