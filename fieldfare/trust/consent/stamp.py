"""Which consent notices are in force: the stamp that every event carries from the moment of its acceptance. Pure.

It says what people were told then, not what one of them answered: answers are in the ledger.
"""

from fieldfare.trust.consent.model import ConsentPolicy


def consent_stamp(policy: ConsentPolicy) -> str | None:
    """Return ``purpose@version`` of every purpose with a notice, by name, ``None`` when there is none."""
    noticed = (each for each in policy.purposes.values() if each.notice_version)
    return ";".join(sorted(f"{purpose.name}@{purpose.notice_version}" for purpose in noticed)) or None
