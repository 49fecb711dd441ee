"""Which files a table has, which are rewritten, and what is left to read: tables of cases, and what always holds."""

import msgspec
import pytest

from fieldfare.ground.lake.manifest import (
    FAN,
    FILE_ROWS,
    DataFile,
    Manifest,
    Moving,
    TableState,
    among,
    declared,
    gone_to_join,
    level_of,
    paths,
    sizes_of,
    succeed,
    to_rewrite,
)
from fieldfare.ground.lake.ports import LakeTable


def file(path: str, rows: int = 10, gone: int = 0, run: int = 0, **bounds: tuple[int, int]) -> DataFile:
    return DataFile(path, rows, 0, bounds, run, gone)


def table(*files: DataFile, **more: object) -> TableState:
    return msgspec.structs.replace(TableState(files=files), **more)


@pytest.mark.parametrize(("rows", "level"), [(0, 0), (255, 0), (256, 1), (2_047, 1), (2_048, 2), (500_000, 4)])
def test_levels(rows: int, level: int) -> None:
    assert level_of(rows) == level


def test_files_of_one_size_are_joined_once_there_are_enough() -> None:
    small = [file(f"s{number}") for number in range(FAN)]
    assert to_rewrite(table(*small[1:], file("large", 10_000))) == ()
    assert to_rewrite(table(*small, file("large", 10_000))) == tuple(small)


def test_no_file_grows_beyond_its_size_and_full_ones_are_left() -> None:
    full = [file(f"f{number}", FILE_ROWS) for number in range(FAN)]
    assert to_rewrite(table(*full)) == ()


def test_a_file_with_many_rows_gone_is_rewritten_alone() -> None:
    assert to_rewrite(table(file("a", 100, 25), file("b", 100, 26))) == (file("b", 100, 26),)


def test_sorted_files_are_not_joined_and_leaving_ones_not_touched() -> None:
    run = [file(f"r{number}", run=3) for number in range(FAN)]
    assert to_rewrite(table(*run)) == ()
    tail = [file(f"t{number}", gone=9) for number in range(FAN)]
    assert to_rewrite(table(*tail, moving=Moving(tuple(each.path for each in tail), 1, ((None, None),)))) == ()


def test_gone_rows_are_joined_like_files() -> None:
    gone = tuple(file(f"g{number}") for number in range(FAN))
    assert gone_to_join(TableState(gone=gone)) == gone
    assert gone_to_join(TableState(gone=gone[1:])) == ()


def test_files_are_found_by_what_they_may_hold() -> None:
    files = [file("a", who=(0, 5)), file("b", who=(6, 9)), file("unknown")]
    assert [each.path for each in among(files, {"who": (5, 5)})] == ["a", "unknown"]
    assert [each.path for each in among(files, {"who": (5, 6)})] == ["a", "b", "unknown"]
    assert [each.path for each in among(files, {})] == ["a", "b", "unknown"]


def test_rows_of_runs_without_those_that_are_gone() -> None:
    assert sizes_of(table(file("a", 10, 4), file("b", 5), file("c", 7, run=2))) == {0: 11, 2: 7}


def test_files_that_leave_count_apart() -> None:
    state = table(file("a"), file("b"), moving=Moving(("a",), 1, ((None, None),)))
    assert [each.path for each in state.leaving] == ["a"]
    assert [each.path for each in state.lying] == ["b"]


def test_new_columns_come_last() -> None:
    one = LakeTable("t", "T.", (("a", "BIGINT", ""),))
    two = LakeTable("t", "T.", (("b", "VARCHAR", ""), ("a", "BIGINT", "")))
    assert declared(declared(TableState(), one), two).columns == (("a", "BIGINT"), ("b", "VARCHAR"))


def test_the_next_manifest_has_what_is_new_instead_of_what_was() -> None:
    one = succeed(Manifest(), {"t": table(file("a")), "u": table(file("b"))}, {"s": 1, "r": 5})
    two = succeed(one, {"t": TableState(files=(file("c"),), gone=(file("g"),))}, {"s": 2})
    assert (two.version, two.places) == (2, {"s": 2, "r": 5})
    assert paths(two) == {"b", "c", "g"}
