"""Write the reference page of the lake from its tables and views, so that it cannot differ from the code. Pure.

``docs/reference/lake.md`` is this text; a test compares them, another runs the examples. Nothing is read from a lake
here: whoever renders the page says which columns the views have.
"""

from collections.abc import Iterable, Mapping, Sequence

from fieldfare.flow.lake_memberships import MEMBERSHIP_CHANGES
from fieldfare.flow.lake_tables import (
    DECISION_ROWS,
    EVENT_ROWS,
    IDENTITY_ROWS,
    MESSAGE_ROWS,
    PROFILE_ROWS,
    PROFILE_VERSIONS,
    STAGE_CHANGES,
    TABLES,
    VIEWS,
)
from fieldfare.ground.lake.ports import LakeTable, LakeView
from fieldfare.know.profiles.canonical import ALIASES, PERSONAL_FIELDS

_HEAD = """# The lake

This page is made from the code: do not edit it, run `python -m fieldfare.cli.reference docs/reference`.

The lake holds the facts for analysis: DuckDB, the file `lake.duckdb` of the data folder, or Parquet files that a Spark
cluster asks ([run the lake on Spark](../how-to/run-the-lake-on-spark.md)). Ask it with

    fieldfare sql "SELECT name, count(*) FROM events GROUP BY name"

or with `POST /api/v1/sql` ([HTTP](http.md)). Both load what has been applied first, then run one `SELECT`, read-only,
for at most thirty seconds. One process has the file open: while `fieldfare serve` runs, the command asks the server.

**Query the views.** `events`, `facts`, `profiles` and `memberships` follow merges: their `profile_id` is the profile
that stands now. `decisions` and `messages` keep the profile of that time; join `redirects` to follow. Instants are
`TIMESTAMP WITH TIME ZONE`, but in `facts` and `profiles` microseconds since 1970 UTC, as in all tables. Column names
that are words of SQL (`offset`, `at`) need double quotes.

**Nothing personal stands here in clear.** Personal fields of an event, and its whole context, are in `sealed`; people
are numbers; addresses are keyed hashes. See [sealing](../explain/sealing.md).
"""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "Visits by local day",
        """SELECT local_date, count(*) AS visits
FROM events WHERE name = 'check_in' GROUP BY local_date ORDER BY local_date""",
    ),
    (
        "How large the audiences are",
        "SELECT audience, count(*) AS members FROM memberships GROUP BY audience ORDER BY members DESC",
    ),
    (
        "Who came back to an audience, and how often",
        """SELECT profile_id, count(*) AS stays, max(left_at) AS last_left
FROM membership_history WHERE audience = 'lapsed' GROUP BY profile_id HAVING count(*) > 1 ORDER BY stays DESC""",
    ),
    (
        "Why messages were refused",
        """SELECT reason, count(*) AS n
FROM (SELECT unnest(from_json(reasons, '["VARCHAR"]')) AS reason FROM decisions WHERE decision = 'refusal')
GROUP BY reason ORDER BY n DESC""",
    ),
    (
        "Revenue by month, from a property",
        """SELECT date_trunc('month', local_date) AS month, sum((properties->>'revenue')::DOUBLE) AS revenue
FROM events WHERE name = 'Order Completed' GROUP BY month ORDER BY month""",
    ),
    (
        "What was handed over, by month, of the people as they are now",
        """SELECT date_trunc('month', granted_at) AS month, count(*) AS messages,
    count(DISTINCT coalesce(r.into_id, m.profile_id)) AS people
FROM messages m LEFT JOIN redirects r USING (profile_id) WHERE outcome = 'handed_over' GROUP BY month ORDER BY month""",
    ),
)
"""Title and SQL of the examples; a test runs them."""

_NOW = "profile that stands now"
OF_VIEWS: dict[str, tuple[LakeTable, dict[str, str]]] = {
    "events": (
        EVENT_ROWS,
        {
            "profile_id": _NOW,
            "local_date": "local calendar day",
        },
    ),
    "facts": (
        EVENT_ROWS,
        {"profile_id": _NOW, "occurred_at": "skew-corrected instant, microseconds"},
    ),
    "profiles": (
        PROFILE_ROWS,
        {
            "profile_id": _NOW,
        },
    ),
    "events_normalized": (
        EVENT_ROWS,
        {
            "event_type": "event name",
            "source_id": "name of the source",
            "profile_id": _NOW,
            "local_date": "local calendar day",
            "amount": "the first of the properties revenue, total, amount, value, spend that is there, as a number",
            "currency": "property `currency`",
        },
    ),
    "identities": (IDENTITY_ROWS, {}),
    "profiles_as_of": (PROFILE_VERSIONS, {"as_of": "since when the profile was like this"}),
    "memberships": (MEMBERSHIP_CHANGES, {"profile_id": _NOW, "joined_at": "instant of the edge"}),
    "memberships_as_of": (MEMBERSHIP_CHANGES, {"profile_id": _NOW, "joined_at": "instant of the edge"}),
    "membership_history": (
        MEMBERSHIP_CHANGES,
        {
            "profile_id": _NOW,
            "joined_at": "instant at which it joined",
            "left_at": "instant at which it left; none while it stays",
            "joined_by": "cause of joining",
            "left_by": "cause of leaving",
        },
    ),
    "decisions": (
        DECISION_ROWS,
        {
            "decision": "permit, refusal or deferral",
            "confidence_score": "percent of certainty about who it is",
            "action_sent": "template, when it was handed over",
            "delivery_status": "outcome of the proposal's latest attempt, for a permit",
            "created_at": "instant of the verdict",
        },
    ),
    "messages": (MESSAGE_ROWS, {}),
    "stages": (
        STAGE_CHANGES,
        {
            "profile_id": _NOW,
            "stage": "stage of the lifecycle",
            "stage_since": "instant at which it entered the stage",
        },
    ),
    "households": (
        PROFILE_ROWS,
        {
            "household": "least profile id of the household",
            "profile_id": "one of those who live together",
            "members": "how many they are",
        },
    ),
    "consents": (
        PROFILE_ROWS,
        {
            "profile_id": _NOW,
            "purpose": "purpose of `consent.yaml`",
            "channel": "channel",
            "in_force": "granted, withdrawn or denied",
        },
    ),
    "canonical": (
        PROFILE_ROWS,
        {
            **{
                field: "from the trait " + ", else ".join(f"`{name}`" for name in names)
                for field, names in ALIASES.items()
                if field not in PERSONAL_FIELDS
            },
            "profile_id": _NOW,
            "last_activity": "instant of the latest event",
            "merge_confidence": "percent of certainty that its events are one person's",
        },
    ),
    "traits": (
        PROFILE_ROWS,
        {
            "profile_id": _NOW,
            "trait": "name of the trait",
            "value": "its value, as JSON",
            "field_source": "system of record: the trait's `owner`, else the system that sent it",
            "source_origin": "source that sent the value",
            "basis": "verified, declared or inferred",
            "confidence": "percent of certainty of the value",
            "occurred_at": "event time of the value",
            "last_synced_at": "instant of acceptance of the value",
        },
    ),
}
"""View -> the table whose columns it shows, and what its other columns mean."""

Columns = Sequence[tuple[str, str]]


def render_lake_reference(view_columns: Mapping[str, Columns]) -> str:
    """Return the whole page as Markdown; ``view_columns`` gives (name, type) of every view's columns, in order."""
    views = "".join(_view(view, view_columns[view.name]) for view in VIEWS)
    tables = "".join(_table(table) for table in TABLES)
    examples = "".join(f"\n{title}:\n\n```sql\n{query}\n```\n" for title, query in EXAMPLES)
    return f"{_HEAD}\n## Examples\n{examples}\n## Views\n{views}\n## Tables\n{tables}"


def asked_of(view: LakeView) -> str:
    """Return how a query names the view: a function is given an instant."""
    return f'"{view.name}"' + ("(now())" if view.parameters else "")


def meaning_of(view: str, column: str) -> str:
    """Return what a view's column means. Raises ``KeyError`` for one that nobody has described."""
    table, own = OF_VIEWS[view]
    return own.get(column) or {name: meaning for name, _, meaning in table.columns}[column]


def _view(view: LakeView, columns: Columns) -> str:
    rows = [(name, kind, meaning_of(view.name, name)) for name, kind in columns]
    called = f"({', '.join(view.parameters)})" if view.parameters else ""
    return _section(view.name + called, view.about, rows)


def _table(table: LakeTable) -> str:
    about, columns = table.about, list(table.columns)
    if table.sorting is not None:
        order = ", ".join(f"`{name}`" for name in table.sorting.order)
        about += f" Rows lie in runs sorted by {order}: one `{table.sorting.key}` is found without reading all."
        columns.append(("run", "INTEGER", "sorted run in which the row lies, 0 until it is sorted"))
    return _section(table.name, about, columns)


def _section(name: str, about: str, columns: Iterable[tuple[str, str, str]]) -> str:
    rows = "".join(f"| `{column}` | {kind} | {meaning} |\n" for column, kind, meaning in columns)
    return f"\n### {name}\n\n{about}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"
