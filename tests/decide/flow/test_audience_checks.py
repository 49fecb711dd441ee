"""What a workspace demands of audiences, told with file, line and key; queries tried before they are applied."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

BRAND = ("workspace.yaml", "brand:\n")
QUERY = "audience: q\nrefresh: nightly\nsql: {sql}\n"


def told(folder: Path, *changes: tuple[str, str, str], more: dict[str, str] | None = None) -> list[str]:
    _, problems = load_changed(folder, *changes, more=more)
    return [str(each) for each in problems if "audience" in each.file or each.key.startswith("audiences")]


def test_what_is_required_and_left_out(tmp_path: Path) -> None:
    required = (*BRAND, "audiences: {require_owner: true, require_action: true, require_ttl: true}\nbrand:\n")
    more = {
        "audiences/bare.yaml": "audience: bare\nwhere: {did: check_in}\n",
        "audiences/full.yaml": "audience: full\nowner: a\naction: b\nttl: 30 days\nwhere: {did: check_in}\n",
    }
    found = [each for each in told(tmp_path, required, more=more) if "bare" in each or "full" in each]
    assert [each.split(" (")[0] for each in found] == [
        f"audiences/bare.yaml:1 audience: The audience `bare` says no `{key}`. `workspace.yaml` requires it of every "
        f"audience"
        for key in ("action", "owner", "ttl")
    ]


def test_too_many_are_warned_of(tmp_path: Path) -> None:
    many = (*BRAND, "audiences:\n  most: 2\nbrand:\n")
    (warning,) = told(tmp_path, many)
    assert "audiences.most: There are 3 audiences, and more than 2 are warned of." in warning


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("audiences: {drift: 5}", "audiences.drift: "),
        ("audiences: {drift: 'a lot'}", "audiences.drift: `drift: a lot` is not a percentage."),
        (
            "audiences: {unused_after: 3 hours}",
            "audiences.unused_after: `unused_after: 3 hours` is not a number of days",
        ),
        ("audiences: {require_onwer: true}", "audiences.require_onwer"),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, settings: str, words: str) -> None:
    found = told(tmp_path, (*BRAND, f"{settings}\nbrand:\n"))
    assert any(words in each for each in found), found


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT profile_id FROM events", None),
        ("SELECT profile_id FROM memberships WHERE audience = 'lapsed' -- so", None),
        ("SELECT profile_id, name FROM events", "columns `profile_id`, `name`. It must return one, `profile_id`"),
        ("SELECT name FROM events", "returns the columns `name`"),
        ("SELECT name AS profile_id FROM events", "returns `profile_id` as VARCHAR"),
        ("SELECT profile_id FROM evnts", "evnts"),
        ("SELEC profile_id", "not SQL"),
        ("DELETE FROM events", "Only one SELECT may run here"),
        ("SELECT profile_id FROM events; SELECT 1", "Only one SELECT may run here"),
        ("COPY (SELECT 1 AS profile_id) TO 'x.csv'", "Only one SELECT may run here"),
        ("SELECT profile_id FROM read_csv('secrets.csv')", "The query did not run"),
    ],
)
def test_a_query_is_tried(tmp_path: Path, sql: str, words: str | None) -> None:
    found = told(tmp_path, more={"audiences/q.yaml": QUERY.format(sql=f'"{sql}"')})
    assert len(found) == (words is not None), found
    if words is not None:
        assert found[0].startswith("audiences/q.yaml:3 sql: ")
        assert words in found[0]


SPARK = (*BRAND, "lake: spark://spark-master:7077\nlake_folder: s3://brand/lake\nbrand:\n")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT profile_id FROM events LATERAL VIEW explode(array(1)) e AS one", None),
        ("SELECT o.profile_id FROM brand.sales.orders o LEFT ANTI JOIN profiles USING (profile_id)", None),
        ("SELECT profile_id, name FROM events", "columns `profile_id`, `name`. It must return one, `profile_id`"),
        ("SELECT profile_id FROM evnts", "no table or view `evnts`"),
        ("SELECT profile_id FROM", "no SQL of Spark's"),
        ("DELETE FROM events", "not one SELECT"),
        ("SELECT profile_id FROM events; SELECT 1", "not one SELECT"),
    ],
)
def test_a_query_for_spark_is_read(tmp_path: Path, sql: str, words: str | None) -> None:
    found = told(tmp_path, SPARK, more={"audiences/q.yaml": QUERY.format(sql=f'"{sql}"')})
    assert len(found) == (words is not None), found
    if words is not None:
        assert found[0].startswith("audiences/q.yaml:3 sql: ")
        assert words in found[0]


def test_a_journey_cannot_begin_with_a_query(tmp_path: Path) -> None:
    entry = ("journeys/win-back.yaml", "joins: lapsed", "joins: q")
    _, problems = load_changed(
        tmp_path, entry, more={"audiences/q.yaml": QUERY.format(sql="SELECT profile_id FROM events")}
    )
    (found,) = [str(each) for each in problems if each.is_error]
    assert "journeys/win-back.yaml" in found
    assert "entry.joins: The journey would start when somebody joins `q`, an audience by `sql`." in found
