"""What is unusual in a contract is a warning, once, at its line; the shipped names are left alone."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

HEAD = "event: trial_started\ndescription: d\nschema:\n  properties:\n    kind: {type: string}\n"


def warned(folder: Path, text: str, collect: str = "") -> list[str]:
    more = {"contracts/trial.yaml": text} | ({"collect.yaml": collect} if collect else {})
    workspace, problems = load_changed(folder, more=more)
    assert workspace is not None, [str(problem) for problem in problems]
    assert not any(problem.is_error for problem in problems)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (HEAD, []),
        (HEAD.replace("trial_started", "Trial Started"), ["trial.yaml:1 event: `Trial Started` is not in snake_case"]),
        (HEAD.replace("trial_started", "Order Completed"), []),
        (HEAD.replace("trial_started", "refund.issued"), []),
        (HEAD.replace("description: d\n", ""), ["no `description`"]),
        (HEAD.replace("kind:", "kindOf:"), ["trial.yaml:5 schema.properties.kindOf: `kindOf` is not in snake_case"]),
        (HEAD + "    ends_on: {type: [string, 'null']}\n", ["trial.yaml:6", "`ends_on` has no `format`"]),
        (HEAD + "    ends_on: {type: string, format: date}\n", []),
        (HEAD + "    station: {type: string}\n", []),
        (HEAD + "    monthly_price: {type: number}\n", ["`monthly_price` has no `unit`"]),
        (HEAD + "    price: {type: number}\nfields: {price: {unit: EUR}}\n", []),
        (HEAD + "    price_list: {type: string}\n", []),
        ("event: trial_started\ndescription: d\n", ["names no properties"]),
        (HEAD + "".join(f"    p_{index}: {{}}\n" for index in range(11)), []),
        (HEAD + "".join(f"    p_{index}: {{}}\n" for index in range(12)), ["names 13 properties"]),
    ],
)
def test_what_is_unusual_is_told(text: str, parts: list[str], tmp_path: Path) -> None:
    found = warned(tmp_path, text)
    assert len(found) == (1 if parts else 0), found
    assert all(part in told for told in found for part in parts), found


def test_a_door_that_closes_out_all_traits_is_told(tmp_path: Path) -> None:
    text = HEAD + "fields: {kind: {purposes: [operations]}}\n"
    found = warned(tmp_path, text, "purposes_required: all\n")
    assert found[0].startswith("collect.yaml:1 purposes_required: No contract is named `group` or `identify`")
