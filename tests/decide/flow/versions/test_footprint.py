"""What a plan warns of."""

from fieldfare.flow.versions.footprint import MOST_AUDIENCES, SMALLEST, warnings_of
from fieldfare.flow.versions.model import Dependents, Warned
from fieldfare.flow.versions.moves import Moves

USED, UNUSED = Dependents(journeys=("hello",)), Dependents()


def moves(name: str, size: int) -> Moves:
    return Moves(
        audience=name,
        size=0,
        size_after=size,
        joins=size,
        leaves=0,
        examples_joining=(),
        examples_leaving=(),
        by_location=(),
    )


def warned(size: int, dependents: Dependents, names: list[str], *, grew: bool = True) -> list[Warned]:
    found = warnings_of(names, [moves("a", size), moves("gone", 0)], dict.fromkeys(names, dependents), grew=grew)
    return [each.warned for each in found]


def test_warnings() -> None:
    many = ["a", *(f"n{number}" for number in range(MOST_AUDIENCES))]
    assert warned(SMALLEST, USED, ["a"]) == []
    assert warned(SMALLEST - 1, USED, ["a"]) == [Warned.TOO_SMALL]
    assert warned(SMALLEST, UNUSED, ["a"]) == [Warned.UNUSED]
    assert warned(SMALLEST, USED, many) == [Warned.TOO_MANY_AUDIENCES]
    assert warned(SMALLEST, USED, many, grew=False) == []
    assert warned(SMALLEST, USED, many[:MOST_AUDIENCES]) == []
