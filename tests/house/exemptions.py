"""The one list of exceptions from the laws, each with its reason. One that nothing needs is itself a finding."""

from collections.abc import Iterable

import msgspec

from tests.house.sources import Finding


class Exemption(msgspec.Struct, frozen=True):
    """One finding that is accepted: law, place and what exactly as the law reports them, and why."""

    law: str
    place: str
    what: str
    reason: str


_UNLISTED = "decides, but is not in the contract `pure` of pyproject.toml; list it there"

EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption("unlisted", "fieldfare.act.delivery.link_routes", _UNLISTED, "routes: they answer HTTP"),
    Exemption("unlisted", "fieldfare.act.delivery.receipt_routes", _UNLISTED, "routes: they answer HTTP"),
    Exemption("unlisted", "fieldfare.act.delivery.preference_routes", _UNLISTED, "routes: they answer HTTP"),
    Exemption("unlisted", "fieldfare.act.delivery.pace", _UNLISTED, "a shell: it counts in memory, under a lock"),
    Exemption("unlisted", "fieldfare.act.delivery.channels.call", _UNLISTED, "it makes the HTTP calls of channels"),
    Exemption(
        "unlisted", "fieldfare.act.delivery.channels.sendgrid", _UNLISTED, "a channel: it speaks HTTP to a provider"
    ),
    Exemption("unlisted", "fieldfare.act.delivery.channels.sessions", _UNLISTED, "it keeps connections to a server"),
    Exemption(
        "unlisted", "fieldfare.act.delivery.channels.twilio", _UNLISTED, "a channel: it speaks HTTP to a provider"
    ),
    Exemption("unlisted", "fieldfare.act.delivery.channels.smtp", _UNLISTED, "a channel: it speaks SMTP to a provider"),
    Exemption(
        "unlisted", "fieldfare.act.delivery.channels.webhook", _UNLISTED, "a channel: it speaks HTTP to a provider"
    ),
    Exemption("unlisted", "fieldfare.collect.connection", _UNLISTED, "a shell: it listens and speaks HTTP"),
    Exemption("unlisted", "fieldfare.collect.gauges", _UNLISTED, "counters of the door, for its shell"),
    Exemption("unlisted", "fieldfare.collect.load", _UNLISTED, "a shell: it reads a file and appends to the log"),
    Exemption("unlisted", "fieldfare.collect.csv_rows", _UNLISTED, "a shell: it reads a file"),
    Exemption("unlisted", "fieldfare.collect.preview", _UNLISTED, "a shell: it reads a file and appends nothing"),
    Exemption("unlisted", "fieldfare.collect.read_calls", _UNLISTED, "a shell: it reads a file through DuckDB"),
    Exemption("unlisted", "fieldfare.collect.rows", _UNLISTED, "a shell: it reads files"),
    Exemption("unlisted", "fieldfare.collect.seen", _UNLISTED, "a shell: it keeps message ids in tables by day"),
    Exemption("unlisted", "fieldfare.know.identity.match.with_splink", _UNLISTED, "a shell: it runs Splink in DuckDB"),
    Exemption("unlisted", "fieldfare.know.identity.match.on_spark", _UNLISTED, "a shell: it runs Splink on Spark"),
    Exemption("unlisted", "fieldfare.know.identity.match.kept_models", _UNLISTED, "a shell: it keeps models as files"),
    Exemption("unlisted", "fieldfare.act.delivery.conclude", _UNLISTED, "a shell: writes what became of an attempt"),
    Exemption("unlisted", "fieldfare.act.delivery.hand_over", _UNLISTED, "a shell: starts, calls, finishes"),
    Exemption("unlisted", "fieldfare.act.delivery.lanes", _UNLISTED, "threads in which calls are made"),
    Exemption("unlisted", "fieldfare.act.delivery.parts", _UNLISTED, "names the ports that the shells share"),
    Exemption("unlisted", "fieldfare.act.delivery.recover", _UNLISTED, "a shell: closes what was left open"),
    Exemption("unlisted", "fieldfare.act.delivery.choosing", _UNLISTED, "a shell beside the one that delivers"),
    Exemption("unlisted", "fieldfare.act.delivery.way_ports", _UNLISTED, "ports of the shell that chooses and follows"),
    Exemption("unlisted", "fieldfare.decide.gate.forget", _UNLISTED, "statements on the gate's tables, as a store is"),
    Exemption(
        "empty_rooms",
        "fieldfare/collect/sources/mappings",
        "is an empty room; make it when something moves in",
        "it holds the shipped webhook mappings, as YAML",
    ),
    Exemption(
        "empty_rooms",
        "fieldfare/collect/vocabulary",
        "is an empty room; make it when something moves in",
        "it holds the shipped contracts, as YAML",
    ),
    Exemption(
        "empty_rooms",
        "fieldfare/collect/mappings",
        "is an empty room; make it when something moves in",
        "it holds the shipped mappings, as YAML",
    ),
    Exemption(
        "long_functions",
        "fieldfare/ground/store/migrations/versions/r0001_first.py",
        "`upgrade` has more than 70 lines; name its parts",
        "a migration is a list of tables as they were on its day; parts of it have no names of their own",
    ),
    Exemption("unlisted", "fieldfare.know.audiences.shipped", _UNLISTED, "it reads the shipped audiences beside it"),
    Exemption("unlisted", "fieldfare.know.lifecycle.shipped", _UNLISTED, "it reads the shipped stages beside it"),
    Exemption("unlisted", "fieldfare.trust.access.administer", _UNLISTED, "a shell: it reads and writes users"),
    Exemption("unlisted", "fieldfare.trust.access.provider", _UNLISTED, "a shell: it calls a provider of identities"),
    Exemption("unlisted", "fieldfare.trust.access.passwords", _UNLISTED, "hashing draws a salt, and takes turns"),
    Exemption("unlisted", "fieldfare.trust.access.secrets", _UNLISTED, "it makes secrets, which are random"),
    Exemption("unlisted", "fieldfare.trust.keys.cache", _UNLISTED, "it holds what several threads read"),
    Exemption("unlisted", "fieldfare.trust.keys.cipher", _UNLISTED, "sealing draws a nonce, so it is no pure function"),
    Exemption("unlisted", "fieldfare.trust.keys.files", _UNLISTED, "a key store: it keeps keys in a folder"),
    Exemption("unlisted", "fieldfare.trust.keys.raw", _UNLISTED, "it seals, and reads a key store"),
    Exemption("unlisted", "fieldfare.trust.keys.ring", _UNLISTED, "a store: it keeps wrapped keys in a database"),
    Exemption("unlisted", "fieldfare.trust.keys.root", _UNLISTED, "it seals, so it draws a nonce"),
    Exemption("unlisted", "fieldfare.trust.keys.rotate", _UNLISTED, "a shell: it wraps the keys of a ring anew"),
    Exemption("unlisted", "fieldfare.trust.keys.seal", _UNLISTED, "it seals, and reads a key store and a ring"),
)


def settle(law: str, findings: Iterable[Finding], exemptions: tuple[Exemption, ...] = EXEMPTIONS) -> list[str]:
    """Return the findings of a law that no exemption covers, and the law's exemptions that cover nothing."""
    found = set(findings)
    granted = {Finding(each.place, each.what) for each in exemptions if each.law == law}
    open_ones = [str(each) for each in sorted(found - granted)]
    idle = [f"{each}: this exemption from `{law}` is no longer needed; remove it" for each in sorted(granted - found)]
    return open_ones + idle


def hold(law: str, findings: Iterable[Finding]) -> None:
    """Assert that nothing is left of a law's findings; the failure lists all of them."""
    left = settle(law, findings)
    assert not left, "\n".join(["", *left])
