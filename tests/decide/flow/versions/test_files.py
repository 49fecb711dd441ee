"""What differs between two sets of files, what is chosen of them, and what would take somebody's change back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.versions.files import chosen, content_of, digests_of, file_changes, stale_files, thing_of
from fieldfare.flow.versions.model import How, Status, Step, Version
from fieldfare.ground.errors import CallerError

ONE = {"a.yaml": b"x: 1\n", "audiences/b.yaml": b"y: 2\n", "audiences/c.yaml": b"z: 3\n"}
FILES = st.dictionaries(
    st.sampled_from(["a.yaml", "d/a.yaml", "d/b.yaml", "d/c.yaml", "e/a.yaml"]), st.sampled_from([b"x: 1\n", b"x: 2\n"])
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"a.yaml": b"# said\nx:   1\n"}, [("a.yaml", How.REWORDED)]),
        ({"a.yaml": b"x: 2\n"}, [("a.yaml", How.CHANGED)]),
        ({"a.yaml": b"x: [\n"}, [("a.yaml", How.CHANGED)]),
        ({"n.yaml": b"x: 2\n"}, [("n.yaml", How.ADDED)]),
        ({"a.yaml": None}, [("a.yaml", How.REMOVED)]),
    ],
)
def test_files_differ(change: dict[str, bytes | None], expected: list[tuple[str, How]]) -> None:
    after = {path: raw for path, raw in {**ONE, **change}.items() if raw is not None}
    assert [(each.file, each.how) for each in file_changes(ONE, after)] == expected


@given(FILES, FILES)
def test_the_digest_of_all_tells_whether_anything_differs(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    same = content_of(digests_of(one)) == content_of(digests_of(other))
    assert same is (one == other) is (not file_changes(one, other))


@pytest.mark.parametrize("name", ["d", "d/a", "a", "e/"])
@given(FILES, FILES)
def test_what_is_chosen_comes_from_one_side_and_the_rest_from_the_other(
    name: str, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    known = {thing_of(path) for path in before.keys() | after.keys()}
    if not any(each == name or each.startswith(f"{name.rstrip('/')}/") for each in known):
        with pytest.raises(CallerError):
            chosen(before, after, [name])
        return
    found = chosen(before, after, [name])
    for path in before.keys() | after.keys():
        picked = thing_of(path) == name or path.startswith(f"{name.rstrip('/')}/")
        assert found.get(path) == (after if picked else before).get(path)


def test_without_a_choice_everything_is_taken() -> None:
    assert chosen(ONE, {"a.yaml": b""}, ()) == {"a.yaml": b""}


def test_a_name_that_nobody_has_is_told_with_a_near_one() -> None:
    with pytest.raises(CallerError, match="audiences/b"):
        chosen(ONE, ONE, ["audience/b"])


def version(number: int, by: str, files: dict[str, str], restores: int | None = None) -> Version:
    return Version(
        number=number,
        base=number - 1,
        content="",
        files=files,
        changes=(),
        risks=(),
        audiences=(),
        triggers=False,
        restores=restores,
        steps=(Step(status=Status.APPLIED, by=by, reason="", at=0),),
    )


@pytest.mark.parametrize(
    ("history", "wanted", "expected"),
    [
        ([("kim", "1"), ("ann", "2")], "1", [(2, "ann")]),
        ([("kim", "1"), ("kim", "2")], "1", []),
        ([("kim", "1"), ("ann", "2")], "3", []),
        ([("kim", "1"), ("ann", "2"), ("kim", "3")], "1", [(2, "ann")]),
        ([("kim", "1"), ("ann", "2"), ("kim", "3")], "2", []),
        ([("kim", None), ("ann", "2")], None, [(2, "ann")]),
        ([("kim", "1")], "2", []),
        ([("ann", "1"), ("ann", "1"), ("ann", "2"), ("bob", "2"), ("ann", "3")], "1", [(5, "ann")]),
    ],
)
def test_stale(history: list[tuple[str, str | None]], wanted: str | None, expected: list[tuple[int, str]]) -> None:
    applied = [
        version(number, by, {"f": held} if held is not None else {}) for number, (by, held) in enumerate(history, 1)
    ]
    last = {"f": b"now"}
    after = {"f": wanted} if wanted is not None else {}
    changed = file_changes(last, {"f": b"then"} if wanted is not None else {})
    found = stale_files(applied, after, changed, "kim")
    assert [(each.version, each.by) for each in found] == expected


def test_what_a_rollback_took_back_is_stale_for_everybody() -> None:
    applied = [version(1, "kim", {"f": "1"}), version(2, "kim", {"f": "2"}), version(3, "kim", {"f": "1"}, restores=1)]
    (found,) = stale_files(applied, {"f": "2"}, file_changes({"f": b"1"}, {"f": b"2"}), "kim")
    assert found.version == 3
