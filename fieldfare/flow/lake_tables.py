"""The tables and views of the lake: names, types, meanings. The reference page is made from this.

Nothing is loaded here. Tables keep instants as microseconds since 1970 UTC and the profile id under which a row was
made; the views beside them follow merges, show times as TIMESTAMPTZ, and are what people query. Nothing personal stands
here in clear.
"""

from fieldfare.flow.lake_memberships import TABLES_OF_AUDIENCES, VIEWS_OF_AUDIENCES
from fieldfare.ground.lake.ports import LakeTable, LakeView, Sorting
from fieldfare.know.profiles.canonical import ALIASES, PERSONAL_FIELDS

EVENT_ROWS = LakeTable(
    "event_rows",
    "Every accepted event once, by its place in the log.",
    (
        ("partition", "UTINYINT", "partition of the log"),
        ("offset", "BIGINT", "offset of the record"),
        ("index", "INTEGER", "position inside the record"),
        ("event_id", "VARCHAR", "message id"),
        ("type", "VARCHAR", "track, identify, page, screen, group, alias"),
        ("name", "VARCHAR", "event name; for other types the type"),
        ("source_system", "VARCHAR", "name of the source"),
        ("mode", "VARCHAR", "live, backfill or replay"),
        ("profile_id", "BIGINT", "profile under which it was applied; none where profiles are not assembled"),
        ("external_id_hash", "BLOB", "keyed hash of the leading identifier; none once its person is erased"),
        ("occurred_at", "BIGINT", "skew-corrected instant, used for everything"),
        ("original_at", "BIGINT", "instant by the sender's clock"),
        ("sent_at", "BIGINT", "instant of sending by the sender's clock, when it said one"),
        ("received_at", "BIGINT", "instant of acceptance"),
        ("local_day", "INTEGER", "local calendar day, as days since 1970-01-01"),
        ("location", "VARCHAR", "location, when the event has one"),
        ("properties", "VARCHAR", "JSON of the properties or traits that are not personal"),
        ("sealed", "BLOB", "personal fields and context, sealed under the leading identifier's key; none once erased"),
        ("contract_version", "INTEGER", "version of the contract that it was checked against, when it has one"),
        ("consent_version", "VARCHAR", "consent notices in force when it was accepted"),
    ),
    Sorting("profile_id", ("partition", "profile_id", "occurred_at")),
)
PROFILE_ROWS = LakeTable(
    "profile_rows",
    "One row per profile as it is now; personal traits are not here.",
    (
        ("profile_id", "BIGINT", "profile"),
        ("home_location", "VARCHAR", "home location"),
        ("traits", "VARCHAR", "JSON of the traits that are not personal: name to value"),
        ("first_seen_at", "BIGINT", "instant of the earliest event"),
        ("last_seen_at", "BIGINT", "instant of the latest event"),
        ("match_confidence", "INTEGER", "percent"),
        ("provenance", "VARCHAR", "JSON of where each of the traits comes from and how it is known"),
        ("stage", "VARCHAR", "stage of the lifecycle, when it is in one"),
        ("stage_since", "BIGINT", "instant at which it entered the stage"),
        ("identifiers", "VARCHAR", "JSON of how many identifiers it has of each kind"),
        ("consent", "VARCHAR", "JSON of what consent says: `purpose channel` to granted, withdrawn or denied"),
        ("household", "BIGINT", "least profile id of the household, its own when alone; none where it is too large"),
    ),
)
PROFILE_VERSIONS = LakeTable(
    "profile_versions",
    "Profiles as they were, one row for each minute in which one changed. What is applied late counts from the "
    "minute in which the profile had come to already, so no row knows of its future.",
    (
        ("profile_id", "BIGINT", "profile"),
        ("as_of", "BIGINT", "end of the minute: the row holds from this instant on, until the next one"),
        ("gone", "BOOLEAN", "true: merged away or erased in that minute"),
        ("home_location", "VARCHAR", "home location"),
        ("traits", "VARCHAR", "JSON of the traits that are not personal: name to value"),
        ("first_seen_at", "BIGINT", "instant of the earliest event"),
        ("last_seen_at", "BIGINT", "instant of the latest event"),
        ("match_confidence", "INTEGER", "percent"),
        ("memberships", "VARCHAR", "JSON of the audiences it was in: name to joined_at, microseconds"),
        ("stage", "VARCHAR", "stage of the lifecycle, when it was in one"),
        ("stage_since", "BIGINT", "instant at which it entered the stage"),
    ),
)
IDENTITY_ROWS = LakeTable(
    "identity_rows",
    "Every identifier once, by its keyed hash; its value is nowhere here.",
    (
        ("hash", "BLOB", "keyed hash of kind and value"),
        ("kind", "VARCHAR", "kind of identifier: user_id, email, anonymous_id …"),
        ("profile_id", "BIGINT", "profile that it leads to now; none when it is nobody's"),
        ("home_id", "BIGINT", "profile that was made with it, and to which a split gives it back"),
        ("state", "VARCHAR", "live, shared or quarantined"),
        ("first_seen_at", "BIGINT", "instant of acceptance of the first event that had it"),
    ),
)
DECISION_ROWS = LakeTable(
    "decision_rows",
    "The decision log: every verdict of the gate.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("event_id", "VARCHAR", "message id of what led to the proposal"),
        ("external_id_hash", "BLOB", "keyed hash of the person's leading identifier"),
        ("profile_id", "BIGINT", "profile at the time"),
        ("proposal_id", "VARCHAR", "proposal that was judged"),
        ("rule_id", "VARCHAR", "rule that decided first"),
        ("decision_outcome", "VARCHAR", "permit, refusal or deferral"),
        ("reasons", "VARCHAR", "JSON list of all reasons"),
        ("inputs", "VARCHAR", "JSON of what the rules looked at"),
        ("at", "BIGINT", "instant of the verdict"),
        ("channel", "VARCHAR", "channel"),
        ("template", "VARCHAR", "template"),
        ("journey", "VARCHAR", "journey"),
        ("step", "VARCHAR", "step of the journey"),
        ("arm", "VARCHAR", "treated, holdout, or a variant's name"),
        ("phase", "VARCHAR", "season phases in force"),
        ("match_confidence", "INTEGER", "percent"),
        ("ticket_id", "VARCHAR", "task opened, when one was"),
        ("journey_version", "VARCHAR", "version of the journey"),
        ("policy_version", "VARCHAR", "version of the policies"),
    ),
)
ASSIGNMENTS = LakeTable(
    "assignments",
    "Which arm each profile has in each experiment.",
    (
        ("experiment", "VARCHAR", "experiment, such as journey.win-back"),
        ("profile_id", "BIGINT", "profile at the time"),
        ("arm", "VARCHAR", "treated, holdout, or a variant's name"),
        ("at", "BIGINT", "instant of assignment"),
        ("unit", "BIGINT", "who was assigned as one has the same number; none: alone, or before it was kept"),
        ("stratum", "BIGINT", "those who were dealt among each other have the same number; none: a coin for each"),
    ),
)
EXPOSURES = LakeTable(
    "exposures",
    "When the treatment first would differ: a permit, or a refusal whose only reason is the holdout.",
    ASSIGNMENTS.columns[:4],
)
MESSAGE_ROWS = LakeTable(
    "message_rows",
    "Every attempt to hand a message to a provider.",
    (
        ("id", "VARCHAR", "attempt"),
        ("proposal_id", "VARCHAR", "proposal"),
        ("profile_id", "BIGINT", "profile at the time"),
        ("channel", "VARCHAR", "channel"),
        ("template", "VARCHAR", "template"),
        ("journey", "VARCHAR", "journey"),
        ("granted_at", "BIGINT", "instant of the permit"),
        ("outcome", "VARCHAR", "handing_over, handed_over, rejected, failed or unknown"),
    ),
)
REDIRECTS = LakeTable(
    "redirects",
    "Profiles that were merged away and the one that stands for them now.",
    (("profile_id", "BIGINT", "profile that is gone"), ("into_id", "BIGINT", "profile that survives")),
)
STAGE_CHANGES = LakeTable(
    "stage_changes",
    "Every move from stage to stage of the lifecycle, with its cause.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("profile_id", "BIGINT", "profile at the time"),
        ("from_stage", "VARCHAR", "stage that it left, when it was in one"),
        ("to_stage", "VARCHAR", "stage that it entered, when it entered one"),
        ("at", "BIGINT", "instant of the move"),
        ("cause", "VARCHAR", "event, time, definition, merge, backfill, rebuild, replay, erasure"),
        ("event_id", "VARCHAR", "message id of the event; `time:` or `erasure:` and the instant, when none caused it"),
    ),
)
PROFILE_HEALTH = LakeTable(
    "profile_health",
    "What the daily look at profiles found; a second run of a day adds rows, the last of them count.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("day", "INTEGER", "local calendar day, as days since 1970-01-01"),
        ("metric", "VARCHAR", "completeness, match_rate, identity_coverage …"),
        ("source", "VARCHAR", "source or trait, or all"),
        ("value", "DOUBLE", "share, count or hours"),
        ("threshold", "DOUBLE", "threshold, when there is one"),
        ("ok", "BOOLEAN", "whether it holds"),
    ),
)
RETRACTIONS = LakeTable(
    "retractions",
    "Events that were taken back: their rows stay, and count nowhere.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("event_id", "VARCHAR", "message id of the event"),
        ("profile_id", "BIGINT", "profile under which it was applied"),
        ("at", "BIGINT", "instant of the retraction"),
        ("actor", "VARCHAR", "who took it back"),
        ("reason", "VARCHAR", "why"),
    ),
)
CUTS = LakeTable(
    "cuts",
    "Published cuts: the numbers that conditions on other people compared with from `at` on.",
    (
        ("seq", "BIGINT", "order of recording"),
        ("cut", "VARCHAR", "name"),
        ("trait", "VARCHAR", "trait by which profiles are ranked"),
        ("version", "BIGINT", "version"),
        ("place", "VARCHAR", "location or region; empty where everybody is ranked together"),
        ("at", "BIGINT", "instant of publication"),
        ("marks", "VARCHAR", "per rank the number and, where equal numbers are told apart, the profile, as JSON"),
        ("ranked", "BIGINT", "profiles that had a number"),
        ("concerned", "BIGINT", "profiles that the version was brought to, of all places"),
    ),
)
TABLES = (
    EVENT_ROWS,
    PROFILE_ROWS,
    PROFILE_VERSIONS,
    IDENTITY_ROWS,
    *TABLES_OF_AUDIENCES,
    DECISION_ROWS,
    ASSIGNMENTS,
    EXPOSURES,
    MESSAGE_ROWS,
    REDIRECTS,
    STAGE_CHANGES,
    PROFILE_HEALTH,
    RETRACTIONS,
    CUTS,
)

_RESOLVED = "coalesce(r.into_id, t.profile_id)"
_CANONICAL = ", ".join(
    "coalesce({}) AS {}".format(", ".join(f"traits->>'$.{name}'" for name in names), field)
    for field, names in ALIASES.items()
    if field not in PERSONAL_FIELDS
)
VIEWS = (
    LakeView(
        "events",
        "Events of the people as they are now, times as TIMESTAMPTZ; not those that were taken back.",
        f"""SELECT t.event_id, t.type, t.name, t.source_system, t.mode, {_RESOLVED} AS profile_id, t.external_id_hash,
            make_timestamptz(t.occurred_at) AS occurred_at, make_timestamptz(t.original_at) AS original_at,
            make_timestamptz(t.sent_at) AS sent_at, make_timestamptz(t.received_at) AS received_at,
            DATE '1970-01-01' + t.local_day AS local_date, t.location, t.properties::JSON AS properties,
            t.contract_version, t.consent_version, t.partition,
            t."offset", t.index FROM event_rows t LEFT JOIN redirects r USING (profile_id)
            WHERE t.event_id NOT IN (SELECT event_id FROM retractions)""",  # noqa: S608 - constants only
    ),
    LakeView(
        "facts",
        "Events as audience conditions read them: whole days and microseconds.",
        f"""SELECT {_RESOLVED} AS profile_id, t.name, t.local_day, t.occurred_at, t.location, t.properties
            FROM event_rows t LEFT JOIN redirects r USING (profile_id) WHERE t.profile_id IS NOT NULL
            AND t.event_id NOT IN (SELECT event_id FROM retractions)""",  # noqa: S608 - constants only
    ),
    LakeView(
        "profiles",
        "Profiles that stand, with their traits that are not personal, times as TIMESTAMPTZ.",
        """SELECT profile_id, home_location, traits, make_timestamptz(first_seen_at) AS first_seen_at,
           make_timestamptz(last_seen_at) AS last_seen_at, match_confidence, stage,
           make_timestamptz(stage_since) AS stage_since, identifiers, consent, household FROM profile_rows
           WHERE profile_id NOT IN (SELECT profile_id FROM redirects)""",
    ),
    LakeView(
        "events_normalized",
        "Events in one shape whatever their source: what, who, when, where, how much.",
        f"""SELECT t.event_id, t.name AS event_type, t.source_system AS source_id, {_RESOLVED} AS profile_id,
            make_timestamptz(t.occurred_at) AS occurred_at, DATE '1970-01-01' + t.local_day AS local_date, t.location,
            try_cast(coalesce(t.properties->>'$.revenue', t.properties->>'$.total', t.properties->>'$.amount',
                t.properties->>'$.value', t.properties->>'$.spend') AS DOUBLE) AS amount,
            t.properties->>'$.currency' AS currency, t.properties::JSON AS properties
            FROM event_rows t LEFT JOIN redirects r USING (profile_id)
            WHERE t.event_id NOT IN (SELECT event_id FROM retractions)""",  # noqa: S608 - constants only
    ),
    LakeView(
        "identities",
        "Identifiers by keyed hash, with the profile that each leads to now.",
        """SELECT profile_id, kind, hash, home_id, state, make_timestamptz(first_seen_at) AS first_seen_at
            FROM identity_rows""",
    ),
    LakeView(
        "profiles_as_of",
        "Profiles as they were at an instant `t`, a TIMESTAMPTZ: `SELECT * FROM profiles_as_of(TIMESTAMPTZ "
        "'2025-03-01 00:00:00+00')`. What happened in the minute of `t` itself is left out, so nothing leaks.",
        """SELECT profile_id, home_location, traits::JSON AS traits, memberships::JSON AS memberships,
            make_timestamptz(first_seen_at) AS first_seen_at, make_timestamptz(last_seen_at) AS last_seen_at,
            match_confidence, stage, make_timestamptz(stage_since) AS stage_since, make_timestamptz(as_of) AS as_of
            FROM (SELECT * FROM profile_versions WHERE as_of <= epoch_us(t)
            QUALIFY row_number() OVER (PARTITION BY profile_id ORDER BY as_of DESC) = 1) WHERE NOT gone""",
        ("t",),
    ),
    *VIEWS_OF_AUDIENCES,
    LakeView(
        "decisions",
        "The decision log, times as TIMESTAMPTZ.",
        """SELECT t.event_id, t.external_id_hash, t.rule_id, t.decision_outcome AS decision, t.match_confidence AS
        confidence_score,
           CASE WHEN m.outcome = 'handed_over' THEN t.template END AS action_sent,
           CASE WHEN t.decision_outcome = 'permit' THEN m.outcome END AS delivery_status, t.ticket_id,
           make_timestamptz(t."at") AS created_at, t.reasons::JSON AS reasons, t.inputs::JSON AS inputs, t.channel,
           t.template, t.journey, t.step, t.arm, t.phase, t.profile_id, t.proposal_id, t.journey_version,
           t.policy_version FROM decision_rows t LEFT JOIN (SELECT proposal_id, arg_max(outcome, granted_at) AS outcome
           FROM message_rows GROUP BY proposal_id) m USING (proposal_id)""",
    ),
    LakeView(
        "messages",
        "Attempts to hand messages over, times as TIMESTAMPTZ.",
        """SELECT id, proposal_id, profile_id, channel, template, journey, make_timestamptz(granted_at) AS granted_at,
        outcome
           FROM message_rows""",
    ),
    LakeView(
        "traits",
        "Every trait that is not personal, of the profiles that stand: its value and where it comes from.",
        """SELECT p.profile_id, e.key AS trait, CAST(p.traits::JSON AS MAP(VARCHAR, JSON))[e.key] AS value,
           e.value.field_source, e.value.source_origin, e.value.basis, e.value.confidence,
           make_timestamptz(e.value.occurred_at) AS occurred_at,
           make_timestamptz(e.value.last_synced_at) AS last_synced_at
           FROM profile_rows p, unnest(map_entries(CAST(p.provenance::JSON AS MAP(VARCHAR, STRUCT(field_source VARCHAR,
           source_origin VARCHAR, basis VARCHAR, confidence INTEGER, occurred_at BIGINT, last_synced_at BIGINT))))) u(e)
           WHERE p.profile_id NOT IN (SELECT profile_id FROM redirects)""",
        spark="""SELECT p.profile_id, trait, to_json(from_json(p.traits, 'map<string, variant>')[trait]) AS value,
           told.field_source, told.source_origin, told.basis, told.confidence,
           timestamp_micros(told.occurred_at) AS occurred_at, timestamp_micros(told.last_synced_at) AS last_synced_at
           FROM profile_rows p LATERAL VIEW explode(from_json(p.provenance, 'map<string, struct<field_source: string,
           source_origin: string, basis: string, confidence: int, occurred_at: bigint, last_synced_at: bigint>>')) e AS
           trait, told WHERE p.profile_id NOT IN (SELECT profile_id FROM redirects)""",
    ),
    LakeView(
        "households",
        "Which people live together, and how many they are; who is alone is not here.",
        """SELECT household, profile_id, members FROM (SELECT household, profile_id,
           count(*) OVER (PARTITION BY household) AS members FROM profile_rows
           WHERE household IS NOT NULL AND profile_id NOT IN (SELECT profile_id FROM redirects)) WHERE members > 1""",
    ),
    LakeView(
        "consents",
        "What was said last of each purpose and channel, for the profiles that stand; the ledger is in the state.",
        """SELECT profile_id, split_part(e.key, ' ', 1) AS purpose, split_part(e.key, ' ', 2) AS channel,
           e.value AS in_force FROM profile_rows p,
           unnest(map_entries(CAST(p.consent::JSON AS MAP(VARCHAR, VARCHAR)))) u(e)
           WHERE p.profile_id NOT IN (SELECT profile_id FROM redirects)""",
        spark="""SELECT p.profile_id, split_part(said, ' ', 1) AS purpose, split_part(said, ' ', 2) AS channel, in_force
           FROM profile_rows p LATERAL VIEW explode(from_json(p.consent, 'map<string, string>')) e AS said, in_force
           WHERE p.profile_id NOT IN (SELECT profile_id FROM redirects)""",
    ),
    LakeView(
        "stages",
        "In which stage of the lifecycle each profile is now, and since when.",
        """SELECT profile_id, to_stage AS stage, make_timestamptz("at") AS stage_since FROM stage_changes
           QUALIFY row_number() OVER (PARTITION BY profile_id ORDER BY seq DESC) = 1 AND to_stage IS NOT NULL""",
    ),
    LakeView(
        "canonical",
        "Profiles that stand under the canonical names; what is personal is not here.",
        f"""SELECT profile_id, {_CANONICAL}, last_seen_at AS last_activity,
           match_confidence AS merge_confidence, stage FROM profiles""",  # noqa: S608 - constants only
    ),
)
