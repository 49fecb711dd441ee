"""The ledger lets evidence be replaced by its keyed hash, once, when its person is erased; nothing else of a record."""

from alembic import op

revision = "0015"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEPT = (
    *("id", "profile_id", "address_hash", "purpose", "channel", "action", "notice_version", "source"),
    *("occurred_at", "received_at", "recorded_at"),
)
_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
VEILING = {
    "sqlite": (
        "DROP TRIGGER consent_record_no_update",
        (
            "CREATE TRIGGER consent_record_no_update BEFORE UPDATE ON consent_record "
            f"WHEN NOT ({_SAME} AND substr(coalesce(NEW.evidence, ''), 1, 5) = 'hmac:' "
            "AND substr(coalesce(OLD.evidence, 'hmac:'), 1, 5) <> 'hmac:') "
            "BEGIN SELECT RAISE(ABORT, 'consent_record is append-only'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION consent_record_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF TG_OP = 'UPDATE' THEN "
            "IF substr(NEW.evidence, 1, 5) = 'hmac:' AND substr(OLD.evidence, 1, 5) <> 'hmac:' "
            "AND to_jsonb(NEW) - 'evidence' = to_jsonb(OLD) - 'evidence' THEN RETURN NEW; END IF; END IF; "
            "RAISE EXCEPTION 'consent_record is append-only'; END $$"
        ),
    ),
}


def upgrade() -> None:
    """Put the new condition in place of the old one."""
    for statement in VEILING[op.get_bind().dialect.name]:
        op.execute(statement)
