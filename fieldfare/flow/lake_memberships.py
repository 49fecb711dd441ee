"""The lake's tables and views of audiences: memberships now, then, and over time. Nothing is loaded here.

Changes are read in the order of recording (``seq``): of one profile as it was made under they alternate, but for a
``joined`` that a merge says once more, which changes nothing. A profile that was merged away has left by the merge.
"""

from fieldfare.ground.lake.ports import LakeTable, LakeView

CHANGE_CAUSES = (
    "event, time, backfill, definition, refresh, merge, split, never, quarantine, release, household, rules, rebuild, "
    "replay, retract or erasure"
)
MEMBERSHIP_CHANGES = LakeTable(
    "membership_changes",
    "Every joined and left of every audience, with its cause.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("audience", "VARCHAR", "audience"),
        ("profile_id", "BIGINT", "profile at the time"),
        ("joined", "BOOLEAN", "true: joined; false: left"),
        ("at", "BIGINT", "instant of the edge"),
        ("cause", "VARCHAR", CHANGE_CAUSES),
        ("event_id", "VARCHAR", "message id of the event, when one caused it; `time:` and the instant, when time did"),
        (
            "definition",
            "VARCHAR",
            "digest of the condition that decided; none where audience or person is gone",
        ),
    ),
)
AUDIENCE_DEFINITIONS = LakeTable(
    "audience_definitions",
    "Every definition that an audience has had, with its digest and what it means.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("audience", "VARCHAR", "audience"),
        ("version", "INTEGER", "counted from 1, by audience"),
        ("definition", "VARCHAR", "digest of the condition"),
        ("meaning", "VARCHAR", "the condition in plain English"),
        ("refresh", "VARCHAR", "live, hourly, nightly or weekly, and what it is in season phases"),
        ("at", "BIGINT", "instant at which it came into force"),
    ),
)
AUDIENCE_HEALTH = LakeTable(
    "audience_health",
    "What the nightly look at audiences found; a second look of a day adds rows, the last of them count.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("day", "INTEGER", "local calendar day, as days since 1970-01-01"),
        ("audience", "VARCHAR", "audience"),
        ("metric", "VARCHAR", "size, expected_at_least, expected_at_most, useful_size, drift, unused_days …"),
        ("value", "DOUBLE", "number, share or days"),
        ("threshold", "DOUBLE", "threshold, when there is one"),
        ("ok", "BOOLEAN", "whether it holds"),
    ),
)
MEMBERSHIP_DIFFERENCES = LakeTable(
    "membership_differences",
    "Profiles of which the readings of a membership differ, by the nightly comparison. Each is a defect.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("day", "INTEGER", "local calendar day, as days since 1970-01-01"),
        ("at", "BIGINT", "settled instant of the comparison"),
        ("audience", "VARCHAR", "audience"),
        ("profile_id", "BIGINT", "profile"),
        ("kept", "BOOLEAN", "whether the profile's document says that it is in"),
        ("recorded", "BOOLEAN", "whether the recorded changes come to that it is in"),
        ("answered", "BOOLEAN", "whether the lake's answer to the definition has it"),
        ("evaluated", "BOOLEAN", "what evaluating the document says; none: not computable, or decided by a query"),
    ),
)
AUDIENCE_EXPORTS = LakeTable(
    "audience_exports",
    "Every export of an audience: who, when, what for, which fields, how many rows. No value.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("at", "BIGINT", "instant of the export"),
        ("actor", "VARCHAR", "who took it"),
        ("reason", "VARCHAR", "why"),
        ("audience", "VARCHAR", "audience"),
        ("definition", "VARCHAR", "digest of its condition"),
        ("purpose", "VARCHAR", "purpose of `consent.yaml`"),
        ("channel", "VARCHAR", "channel, where one was named"),
        ("form", "VARCHAR", "csv, parquet or jsonl"),
        ("fields", "VARCHAR", "JSON list of the fields"),
        ("rows", "BIGINT", "rows handed out"),
        ("withheld", "BIGINT", "members left out because they do not consent"),
        ("revealed", "BOOLEAN", "whether sealed values were shown"),
    ),
)
TABLES_OF_AUDIENCES = (
    MEMBERSHIP_CHANGES,
    AUDIENCE_DEFINITIONS,
    AUDIENCE_HEALTH,
    MEMBERSHIP_DIFFERENCES,
    AUDIENCE_EXPORTS,
)

_NOW = "coalesce(r.into_id, c.profile_id)"
# The last change of each decides. One number holds its place and what it says: far cheaper than sorting every stay.
_IS_IN = "max(c.seq * 2 + c.joined::BIGINT) % 2 = 1"
_LAST_OF_EACH = f"""SELECT c.audience, any_value({_NOW}) AS profile_id, arg_max(c."at", c.seq) AS "at"
    FROM membership_changes c LEFT JOIN redirects r USING (profile_id) WHERE c."at" <= epoch_us(t)
    GROUP BY c.audience, c.profile_id HAVING {_IS_IN}"""  # noqa: S608 - constants only
_TURNS = """SELECT *, lead("at") OVER w AS left_us, lead(cause) OVER w AS left_by
    FROM (SELECT *, lag(joined) OVER (PARTITION BY audience, profile_id ORDER BY seq) AS was FROM membership_changes)
    WHERE joined IS DISTINCT FROM coalesce(was, false)
    WINDOW w AS (PARTITION BY audience, profile_id ORDER BY seq)"""
VIEWS_OF_AUDIENCES = (
    LakeView(
        "memberships",
        "Who is in which audience now, and since when.",
        f"""SELECT c.audience, {_NOW} AS profile_id, make_timestamptz(arg_max(c."at", c.seq)) AS joined_at
            FROM membership_changes c LEFT JOIN redirects r USING (profile_id)
            GROUP BY c.audience, {_NOW} HAVING {_IS_IN}""",  # noqa: S608 - constants only
    ),
    LakeView(
        "memberships_as_of",
        "Who was in which audience at an instant `t`, a TIMESTAMPTZ, and since when: `SELECT * FROM "
        "memberships_as_of(TIMESTAMPTZ '2025-03-01 00:00:00+00')`. People who were merged later count once.",
        f"""SELECT audience, profile_id, make_timestamptz(min("at")) AS joined_at
            FROM ({_LAST_OF_EACH}) GROUP BY audience, profile_id""",  # noqa: S608 - constants only
        ("t",),
    ),
    LakeView(
        "membership_history",
        "Every stay in an audience: from when to when, by which causes, by which definition.",
        f"""SELECT c.audience, {_NOW} AS profile_id, make_timestamptz(c."at") AS joined_at,
            make_timestamptz(c.left_us) AS left_at, c.cause AS joined_by, c.left_by, c.event_id, c.definition
            FROM ({_TURNS}) c LEFT JOIN redirects r USING (profile_id) WHERE c.joined""",  # noqa: S608 - constants only
    ),
)
