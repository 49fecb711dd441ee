"""Who is assigned as one with a person: at one number however it is written, and nothing is opened for other units."""

from typing import Any, cast

import pytest

from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow.walks import WalkRules, Walks
from fieldfare.flow.work import Work
from fieldfare.know.identity.normal import Regions
from fieldfare.know.profiles.model import Document
from fieldfare.learn.experiments.model import UnitKind
from fieldfare.learn.experiments.registered.model import Programme
from tests.decide.flow.test_addresses import hash_of, traits


class Opened(Work):
    """A person whose personal traits are at hand, and who says whether they were asked for."""

    opened = 0

    def __init__(self, profile_id: int, home: str | None, **values: object) -> None:
        super().__init__(profile_id, Document(), None)
        self.document.home_location, self.told = home, traits(**values)

    def personal(self, keys: Any) -> Any:
        self.opened += 1
        return self.told


class Hashes:
    """Keys that hash in clear."""

    lookup_hash = staticmethod(hash_of)


def unit(work: Work, kind: UnitKind) -> object:
    rules = WalkRules(
        versions=Versions({}),
        experiments={},
        units={"journey.x": UnitKind.ADDRESS},
        programme=Programme(),
        evaluator=cast("Any", None),
        zones=cast("Any", None),
        regions=Regions({"soho": "GB", "mitte": "DE"}, None),
        workspace_zone="Europe/Berlin",
    )
    return Walks(cast("Any", Hashes()), rules)._units(work, kind)[kind]


@pytest.mark.parametrize("told", ["030 901820", "030/901820", "+49 30 901820"])
def test_a_number_is_one_address_however_it_is_written(told: str) -> None:
    one = unit(Opened(1, "mitte", phone=told), UnitKind.ADDRESS)
    assert one == unit(Opened(2, "mitte", phone="+4930901820"), UnitKind.ADDRESS) == b"phone:+4930901820".hex()


def test_the_same_digits_in_another_country_are_another_address() -> None:
    here, there = (unit(Opened(1, home, phone="020 7183 8750"), UnitKind.ADDRESS) for home in ("mitte", "soho"))
    assert here != there


def test_nothing_sealed_is_opened_for_other_units() -> None:
    """Though an experiment of the workspace is by address."""
    work = Opened(7, "mitte", email="ada@example.com")
    assert [unit(work, kind) for kind in (UnitKind.PROFILE, UnitKind.LOCATION, UnitKind.HOUSEHOLD)] == [7, "mitte", 7]
    assert work.opened == 0
    unit(work, UnitKind.ADDRESS)
    assert work.opened == 1
