"""What an experiment's report reads of a real lake: merged people are one, and what was taken back counts nowhere."""

from collections.abc import Iterator

import msgspec
import pytest

from fieldfare.flow.experiment_lake import ExperimentLake
from fieldfare.flow.experiment_past import ExperimentPast
from fieldfare.flow.experiment_read import Part, Read
from fieldfare.flow.experiment_tables import members_of_holdout, rows_of
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.model import Population, UnitKind, Why
from fieldfare.learn.experiments.place import number_of
from fieldfare.learn.experiments.registered.model import Looks, Reached, Registration, Trial

NOW, START = 200 * DAY, 100 * DAY
CAME = Metric(
    name="came", kind=MetricKind.CONVERSION, shape=Shape.SHARE, rows=(Rows(event="check_in"),), window_us=20 * DAY
)
PLAN = Registration(name="x", journey="x", primary="came", smallest_effect=0.1, effect_is_lift=False)
TRIAL = Trial(weights={"holdout": 0.5, "treated": 0.5}, control="holdout")


@pytest.fixture
def lake() -> Iterator[DuckLake]:
    """Ten people, the even ones treated; 4 was merged into 2; everybody came once, 2 twice more as 4."""
    held = DuckLake(None)
    held.ensure(TABLES, VIEWS)
    run = held._connection.execute
    run(f"""INSERT INTO assignments BY NAME SELECT 'journey.x' AS experiment, i AS profile_id,
        CASE WHEN i % 2 = 0 THEN 'treated' ELSE 'holdout' END AS arm,
        {START} AS at FROM range(10) t(i)""")
    run(f"""INSERT INTO event_rows BY NAME SELECT i AS profile_id, 'e' || i AS event_id, 'check_in' AS name,
        {START} + (1 + i) * {DAY} AS occurred_at, '{{}}' AS properties FROM range(10) t(i)""")
    run("INSERT INTO redirects VALUES (4, 2)")
    yield held
    held.close()


def read(lake: DuckLake) -> Read:
    return ExperimentLake(lake, PLAN, {"came": CAME}, TRIAL).read(NOW)


PLACES = ("altona", "bergedorf", "cuxhaven", "deich")
MATCHED = msgspec.structs.replace(
    PLAN, unit=UnitKind.LOCATION, blocks=((PLACES[0], PLACES[1]), (PLACES[2], PLACES[3])), primary="visits"
)
VISITS = Metric(
    name="visits",
    kind=MetricKind.VISITS,
    shape=Shape.MEAN,
    fold=Fold.COUNT,
    rows=(Rows(event="check_in"),),
    window_us=20 * DAY,
)


def test_matched_places_are_read_block_by_block(lake: DuckLake) -> None:
    """Ten people of each place, of whom so many came; one who entered late is in no number, her place is."""
    run = lake._connection.execute
    came = {"altona": 8, "bergedorf": 5, "cuxhaven": 3, "deich": 4}
    for number, (place, arm) in enumerate(zip(PLACES, ("treated", "holdout", "holdout", "treated"), strict=True)):
        first, unit = 1_000 * (number + 1), number_of(place)
        run(f"""INSERT INTO assignments BY NAME SELECT 'journey.x' AS experiment, {first} + i AS profile_id,
            '{arm}' AS arm, CASE WHEN i = 10 THEN {NOW} - {DAY} ELSE {START} END AS at, {unit} AS unit
            FROM range(11) t(i)""")
        run(f"""INSERT INTO event_rows BY NAME SELECT {first} + i AS profile_id, 'p{number}' || i AS event_id,
            'check_in' AS name, {START} + {DAY} AS occurred_at, '{{}}' AS properties FROM range({came[place]}) t(i)""")
    found = ExperimentLake(lake, MATCHED, {"visits": VISITS}, TRIAL).read(NOW)
    assert found.matched == {"visits": {"treated": [0.8, 0.4], "holdout": [0.5, 0.3]}}
    sums = found.sums["visits"]["treated"]
    assert (sums.size, sums.total("value"), sums.total("base")) == (6, 17, 24), "four people alone, two places"


def hits(found: Read) -> dict[str, tuple[float, int]]:
    return {arm: (sums.total("value"), sums.size) for arm, sums in found.sums["came"].items()}


def test_merged_people_are_one(lake: DuckLake) -> None:
    found = read(lake)
    assert hits(found) == {"treated": (4, 4), "holdout": (5, 5)}
    assert found.lives["treated"].events == {1: 1, 3: 1, 7: 1, 9: 1}, "the day of the first of both profiles"


def test_what_was_taken_back_counts_nowhere(lake: DuckLake) -> None:
    lake._connection.execute("INSERT INTO retractions BY NAME SELECT 'e3' AS event_id, 3 AS profile_id")
    lake._connection.execute("INSERT INTO retractions BY NAME SELECT 'e2' AS event_id, 2 AS profile_id")
    found = read(lake)
    assert hits(found) == {"treated": (4, 4), "holdout": (4, 5)}
    assert found.lives["treated"].events == {1: 1, 5: 1, 7: 1, 9: 1}, "what came under the other profile stands"
    assert found.curves["holdout"][-1] == (21, 0.8)


@pytest.mark.parametrize(
    ("unit", "sizes"),
    [(UnitKind.HOUSEHOLD, (2, 4)), (UnitKind.LOCATION, (2, 3)), (UnitKind.ADDRESS, (4, 5)), (UnitKind.PROFILE, (4, 5))],
)
def test_who_was_assigned_before_units_were_kept_counts_in_the_unit_of_today(
    lake: DuckLake, unit: UnitKind, sizes: tuple[int, int]
) -> None:
    """0, 6 and 8 live together and are of one club, 1 and 3 too, 5 is of that club as well, 7 and 9 are nowhere.

    With 3 it was kept: alone it was then, with the club it was where one is assigned by places.
    """
    lake._connection.execute("""INSERT INTO profile_rows BY NAME SELECT i AS profile_id,
        CASE WHEN i IN (0, 6, 8) THEN 0 WHEN i IN (1, 5) THEN 1 ELSE i END AS household,
        CASE WHEN i IN (0, 6, 8) THEN 'altona' WHEN i IN (1, 3, 5) THEN 'deich' END AS home_location
        FROM range(10) t(i)""")
    kept = {UnitKind.HOUSEHOLD: 3, UnitKind.LOCATION: number_of("deich")}.get(unit, 3)
    lake._connection.execute(f"UPDATE assignments SET unit = {kept} WHERE profile_id = 3")
    plan = msgspec.structs.replace(PLAN, unit=unit)
    found = ExperimentLake(lake, plan, {"came": CAME}, TRIAL).read(NOW)
    came = found.sums["came"]
    assert (came["treated"].size, came["holdout"].size) == sizes
    assert found.of_today == (0 if unit is UnitKind.PROFILE else 8)


def test_a_running_test_of_places_has_a_course(lake: DuckLake) -> None:
    """Somebody enters every place all the time: those whose windows are over make the course, as they make the sums."""
    run = lake._connection.execute
    run(f"UPDATE assignments SET unit = {number_of('altona')} WHERE profile_id % 2 = 0")
    run(f"UPDATE assignments SET unit = {number_of('deich')} WHERE profile_id % 2 = 1")
    for who, arm, place in ((20, "treated", "altona"), (21, "holdout", "deich")):
        run(f"""INSERT INTO assignments BY NAME SELECT 'journey.x' AS experiment, {who} AS profile_id,
            '{arm}' AS arm, {NOW} - {DAY} AS at, {number_of(place)} AS unit""")
    plan = msgspec.structs.replace(PLAN, unit=UnitKind.LOCATION)
    found = ExperimentLake(lake, plan, {"came": CAME}, TRIAL).read(NOW)
    assert [(each.day, each.arm) for each in found.course] == [(120, "holdout"), (120, "treated")]
    assert {each.arm: each.sums for each in found.course} == found.sums["came"]


def test_while_nobody_has_entered_every_metric_is_read_and_empty(lake: DuckLake) -> None:
    """A derived metric has no sums of its own; one of retention is read once more for each day of the long run."""
    lake._connection.execute("DELETE FROM assignments")
    stayed = Metric(
        name="stayed", kind=MetricKind.RETENTION, shape=Shape.SHARE, rows=CAME.rows, window_us=30 * DAY, from_us=DAY
    )
    value = Metric(name="value", kind=MetricKind.COST_TO_RETAIN, shape=Shape.DERIVED, window_us=20 * DAY)
    for strata in ((), ("tier",)):
        plan = msgspec.structs.replace(PLAN, supporting=("stayed", "value"), strata=strata)
        found = ExperimentLake(lake, plan, {"came": CAME, "stayed": stayed, "value": value}, TRIAL).read(NOW)
        assert found.sums == {"came": {}, "stayed": {}}
        assert found.cohorts == {day: ("stayed", {}) for day in (30, 60, 90)}
        assert found.sizes == {"holdout": 0, "treated": 0}


@pytest.mark.parametrize(
    ("looks", "units", "size"), [("fixed", None, 4), ("always", None, 5), ("fixed", 20, 4), ("always", 20, 5)]
)
def test_after_the_one_look_of_days_newcomers_do_not_move_it(
    lake: DuckLake, looks: str, units: int | None, size: int
) -> None:
    """The journey goes on after `stop`; what the one look said, each later report says."""
    stop = START // DAY + 10
    for who, at in ((20, (stop + 1) * DAY), (22, (stop + 1) * DAY - 1)):
        lake._connection.execute(f"""INSERT INTO assignments BY NAME SELECT 'journey.x' AS experiment,
            {who} AS profile_id, '{"treated" if who == 20 else "holdout"}' AS arm, {at} AS at""")
    plan = msgspec.structs.replace(PLAN, looks=Looks(looks), units=units, stop=stop)
    reader = ExperimentLake(lake, plan, {"came": CAME}, TRIAL)
    found, alone = reader.read(NOW), reader.primary(NOW)
    sums = found.sums["came"]
    assert (sums["treated"].size, sums["holdout"].size) == (size, 6), "who came before its end counts"
    assert found.sizes == {"treated": size, "holdout": 6} == alone.sizes


SQL = "SELECT profile_id, {} AS value, occurred_at FROM event_rows"
BAD = {
    "no table": ("SELECT profile_id, occurred_at, 1 AS value FROM nowhere", "Table with name nowhere does not exist"),
    "other columns": (
        "SELECT profile_id, occurred_at AS at FROM event_rows",
        'does not have a column named "occurred_at"',
    ),
    "no number": (SQL.format("CAST(event_id AS BIGINT)"), "Could not convert string"),
    "two statements": ("SELECT 1) ; DELETE FROM event_rows; (SELECT 2", "is not SQL"),
}


def of_sql(name: str, sql: str) -> Metric:
    return Metric(name=name, kind=MetricKind.SQL, shape=Shape.MEAN, fold=Fold.SUM, sql=sql, window_us=20 * DAY)


@pytest.mark.parametrize("why", BAD)
def test_a_metric_whose_sql_fails_silences_no_other(lake: DuckLake, why: str) -> None:
    metrics = {"came": CAME, "good": of_sql("good", SQL.format("2")), "bad": of_sql("bad", BAD[why][0])}
    plan = msgspec.structs.replace(PLAN, supporting=("good", "bad"))
    reader = ExperimentLake(lake, plan, metrics, TRIAL)
    found = reader.read(NOW)
    assert hits(found) == {"treated": (4, 4), "holdout": (5, 5)}
    assert found.sums["good"]["holdout"].total("value") == 10
    assert found.unread["bad"].reason is Why.FAILED
    detail = found.unread["bad"].detail
    assert detail.startswith("The SQL of the metric `bad` cannot be run. ")
    assert BAD[why][1] in detail
    assert found.known(TRIAL).unread.keys() == {"bad"}
    alone = ExperimentLake(lake, msgspec.structs.replace(PLAN, primary="bad"), metrics, TRIAL).primary(NOW)
    assert alone.unread.keys() == {"bad"}
    assert alone.sizes == {"treated": 4, "holdout": 5}, "who is in which arm is known all the same"


def test_a_plan_is_not_made_with_a_metric_that_cannot_be_read(lake: DuckLake) -> None:
    plan = msgspec.structs.replace(PLAN, primary="bad")
    with pytest.raises(CallerError, match=r"The SQL of the metric `bad` cannot be run\. .*nowhere"):
        ExperimentPast(lake, plan, {"bad": of_sql("bad", BAD["no table"][0])}, TRIAL)


def enter(lake: DuckLake, who: int, day: int, *, came: bool) -> None:
    """Let somebody enter on a day, the even ones treated, and come a day later or not."""
    run, at = lake._connection.execute, START + day * DAY
    run(f"""INSERT INTO assignments BY NAME SELECT 'journey.x' AS experiment, {who} AS profile_id,
        '{"holdout" if who % 2 else "treated"}' AS arm, {at} AS at""")
    run(f"""INSERT INTO exposures BY NAME SELECT 'journey.x' AS experiment, {who} AS profile_id,
        '{"holdout" if who % 2 else "treated"}' AS arm, {at} + {DAY} AS at""")
    if came:
        run(f"""INSERT INTO event_rows BY NAME SELECT {who} AS profile_id, 'n{who}' AS event_id, 'check_in' AS name,
            {at} + {2 * DAY} AS occurred_at, '{{}}' AS properties""")


@pytest.fixture
def twenty(lake: DuckLake) -> DuckLake:
    """Twenty people, one a day; the first ten did not come, the others did. 21 was merged into 20."""
    for table in ("assignments", "event_rows", "redirects"):
        lake._connection.execute(f"DELETE FROM {table}")
    for day in range(20):
        enter(lake, 20 + day, day, came=day >= 10)
    lake._connection.execute("INSERT INTO redirects VALUES (21, 20)")
    return lake


def sizes(part: Read | Part, name: str = "came") -> dict[str, tuple[float, int]]:
    return {arm: (sums.total("value"), sums.size) for arm, sums in part.sums[name].items()}


@pytest.mark.parametrize("population", list(Population))
def test_the_one_look_by_units_is_over_those_who_came_first(twenty: DuckLake, population: Population) -> None:
    """What the look said, each later report says, whoever comes and whoever turns out to be one."""
    metric = msgspec.structs.replace(CAME, population=population)
    plan = msgspec.structs.replace(PLAN, units=10)
    later = int(population is Population.EXPOSED)
    last_at = START + (9 + later) * DAY
    reader = ExperimentLake(twenty, plan, {"came": metric}, TRIAL)
    found = reader.read(last_at + CAME.window_us)
    if population is Population.ASSIGNED:  # both rows of who was merged stand; the exposed are counted as they are now
        assert found.reached == (Reached(at=last_at, units=10, is_last=True),)
        assert sizes(found) == {"treated": (0, 5), "holdout": (0, 4)}
        assert found.everybody is None
    else:
        assert found.reached == (Reached(at=last_at + DAY, units=10, is_last=True),)
    again = ExperimentLake(twenty, plan, {"came": metric}, TRIAL).read(NOW)
    assert again.reached == found.reached
    assert sum(size for _, size in sizes(again).values()) in {9, 10}
    assert again.sizes == {arm: size for arm, (_, size) in sizes(again).items()}
    alone = reader.primary(NOW)
    assert {arm: sums.size for arm, sums in alone.sums["came"].items()} == again.sizes


def test_between_looks_the_numbers_of_the_last_look_stand(twenty: DuckLake) -> None:
    plan = msgspec.structs.replace(PLAN, looks=Looks.POCOCK, units=16, look_at=(0.5, 1.0), segments=("tier",))
    first_at = START + 7 * DAY + CAME.window_us
    reads = {day: ExperimentLake(twenty, plan, {"came": CAME}, TRIAL).read(first_at + day * DAY) for day in (-1, 0, 7)}
    assert reads[-1].everybody is None, "no look is over: everybody is told of, at any moment"
    assert sizes(reads[-1]) == {"treated": (0, 4), "holdout": (0, 2)}
    for day in (0, 7):
        found = reads[day]
        assert found.reached[0] == Reached(at=START + 7 * DAY, units=8)
        assert sizes(found) == {"treated": (0, 4), "holdout": (0, 3)}
        assert {arm: len(each) for arm, each in found.values.items()} == {"treated": 4, "holdout": 3}
        assert {arm: sums.size for arm, sums in found.segments["tier", "(none)"].items()} == {
            "treated": 4,
            "holdout": 3,
        }
        assert found.everybody is not None
    assert sizes(reads[0].everybody or Part()) == {"treated": (0, 4), "holdout": (0, 3)}
    assert sizes(reads[7].everybody or Part()) == {"treated": (3, 8), "holdout": (2, 6)}
    assert all(each.sizes == {"treated": 8, "holdout": 7} for each in reads.values())
    last = ExperimentLake(twenty, plan, {"came": CAME}, TRIAL).read(NOW)
    assert sizes(last) == {"treated": (3, 8), "holdout": (3, 7)}, "who came after the last look is not counted"
    assert last.everybody is None
    assert last.known(TRIAL).latest.sums is last.sums
    assert reads[7].known(TRIAL).latest.sums["came"]["holdout"].size == 6


def test_a_metric_with_a_longer_window_stands_at_the_look_whose_windows_are_over(twenty: DuckLake) -> None:
    """Four days after the last look the north star, whose window is a week longer, is still read at the first."""
    longer = msgspec.structs.replace(CAME, name="longer", window_us=CAME.window_us + 7 * DAY)
    alike = msgspec.structs.replace(CAME, name="alike")
    metrics = {"came": CAME, "longer": longer, "alike": alike}
    plan = msgspec.structs.replace(
        PLAN, looks=Looks.POCOCK, units=16, look_at=(0.5, 1.0), north_star="longer", supporting=("alike",)
    )
    last_at = START + 15 * DAY
    reads = {
        day: ExperimentLake(twenty, plan, metrics, TRIAL).read(last_at + CAME.window_us + day * DAY)
        for day in (-7, 4, 7)
    }
    early, between, over = reads.values()
    assert sizes(early, "longer") == sizes(early.everybody or Part(), "longer"), "no look at it: everybody is told of"
    assert sizes(between) == sizes(between, "alike") == {"treated": (3, 8), "holdout": (3, 7)}
    assert sizes(between, "longer") == {"treated": (0, 4), "holdout": (0, 3)}
    assert sum(size for _, size in sizes(between.everybody or Part(), "longer").values()) > 7
    assert between.known(TRIAL).latest.sums is not between.sums
    assert sizes(over, "longer") == sizes(over)
    assert over.everybody is None


def test_units_that_are_assigned_together_are_counted_once(twenty: DuckLake) -> None:
    """Pairs of days live together; whoever of a unit comes after the look is left out of it."""
    twenty._connection.execute(
        "UPDATE assignments SET unit = (profile_id - 20) // 4, arm = 'treated' WHERE unit IS NULL"
    )
    plan = msgspec.structs.replace(PLAN, unit=UnitKind.HOUSEHOLD, units=4)
    found = ExperimentLake(twenty, plan, {"came": CAME}, TRIAL).read(NOW)
    assert found.reached == (Reached(at=START + 12 * DAY, units=4, is_last=True),)
    sums = found.sums["came"]["treated"]
    assert (sums.size, sums.total("base"), sums.total("value")) == (4, 12, 3), (
        "one of the last household, one of two merged"
    )


def test_whom_another_holdout_kept_out_is_not_exposed(lake: DuckLake) -> None:
    """0 and 1 were exposed in their arms, 2 was treated and is kept out by now, 11 was never assigned.

    4 was merged into 2: both were treated.
    """
    run = lake._connection.execute
    for who, arm in ((0, "treated"), (1, "holdout"), (2, "holdout"), (11, "holdout")):
        run(f"""INSERT INTO exposures BY NAME SELECT 'journey.x' AS experiment, {who} AS profile_id, '{arm}' AS arm,
            {START} AS at""")

    def exposed() -> list[tuple[int, str, int]]:
        query = members_of_holdout(lake.ibis(), "journey.x", exposed=True)
        return sorted((row["profile_id"], row["arm"], row["at"]) for row in rows_of(query))

    assert exposed() == [(0, "treated", START), (1, "holdout", START)]
    metric = msgspec.structs.replace(CAME, population=Population.EXPOSED)
    assert hits(ExperimentLake(lake, PLAN, {"came": metric}, TRIAL).read(NOW)) == {"treated": (1, 1), "holdout": (1, 1)}
    run("UPDATE assignments SET arm = 'holdout' WHERE profile_id = 4")
    assert exposed() == [(0, "treated", START), (1, "holdout", START), (2, "holdout", START)], "now both arms were met"
    assert len(rows_of(members_of_holdout(lake.ibis(), "journey.x", exposed=False))) == 9, "merged people are one"


def test_the_course_has_strata_and_medians_as_the_report_has(twenty: DuckLake) -> None:
    run = twenty._connection.execute
    run("UPDATE assignments SET stratum = profile_id % 4")
    run(f"""INSERT INTO event_rows BY NAME SELECT profile_id, 'a' || profile_id AS event_id, 'answer' AS name,
        "at" + {2 * DAY} + profile_id * {MINUTE} AS occurred_at, '{{}}' AS properties FROM assignments""")
    waited = Metric(
        name="waited",
        kind=MetricKind.FIRST_RESPONSE_TIME,
        shape=Shape.RATIO,
        rows=CAME.rows,
        answer="answer",
        window_us=20 * DAY,
    )
    metrics = {"came": CAME, "waited": waited}
    dealt = msgspec.structs.replace(TRIAL, in_strata=True)
    found = ExperimentLake(twenty, PLAN, metrics, dealt).read(NOW)
    assert [(each.day, each.arm, each.stratum) for each in found.course[:3]] == [
        (120, "treated", 0),
        (122, "treated", 2),
        (123, "holdout", 3),
    ]
    strata = found.strata["came"]
    assert {stratum: sum(arms.size for arms in strata[stratum].values()) for stratum in sorted(strata)} == {
        0: 5,
        1: 4,
        2: 5,
        3: 5,
    }
    asked = ExperimentLake(twenty, msgspec.structs.replace(PLAN, primary="waited"), metrics, TRIAL).read(NOW)
    spread: dict[str, dict[int, int]] = {"treated": {}, "holdout": {}}
    for each in asked.course:
        spread[each.arm].update(each.spread)
    assert (
        spread
        == asked.spreads["waited"]
        == {
            "treated": {30: 1, 32: 1, 34: 1, 36: 1, 38: 1},
            "holdout": {31: 1, 33: 1, 35: 1, 37: 1, 39: 1},
        }
    )
    assert all(each.stratum is None for each in asked.course)
