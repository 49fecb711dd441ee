"""Compile ``workspace.yaml`` into :class:`Settings`. Pure; what needs other files is checked in ``flow``."""

import re
from zoneinfo import ZoneInfoNotFoundError

from fieldfare.ground.instants import SECOND, zone_info
from fieldfare.ground.workspace.files import AudiencesFile, CutsFile, SourceFile, WorkspaceFile
from fieldfare.ground.workspace.model import (
    OWN_SOURCE,
    AudienceRules,
    Brand,
    CutRefresh,
    LakePlace,
    LinkSettings,
    Problem,
    Settings,
    Source,
    parse_duration,
    parse_share,
)
from fieldfare.ground.workspace.parse_webhook import webhook_of, webhook_problems

_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_RECIPIENT = re.compile(r"^([^@\s]{1,64}@[^@\s]{1,189}|\+[0-9]{7,15})$")
MOST_DAYS = 3_650
"""Longest time that anything raw is kept."""
_THIS_MACHINE = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def parse_workspace(file: WorkspaceFile) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or ``None`` with everything that is wrong."""
    cuts = file.cuts if file.cuts is not None else CutsFile()
    problems = [
        *_zone(file.time_zone),
        *_sources(file),
        *_audience_problems(file.audiences),
        *_clock(cuts.at),
        *_links(file),
        *_lake(file),
        *_recipients(file),
    ]
    if problems:
        return None, problems
    brand = Brand(file.brand.name, file.brand.postal_address, file.brand.from_email, file.brand.from_name)
    sources = tuple(_source(source) for source in file.sources)
    url = file.public_url.rstrip("/") if file.public_url else None
    return Settings(
        name=file.name,
        time_zone=file.time_zone,
        currency=file.currency,
        public_url=url,
        brand=brand,
        sources=sources,
        audiences=_audience_rules(file.audiences),
        cuts=CutRefresh(cuts.refresh, _minutes(cuts.at)),
        links=_link_settings(file),
        approvers=tuple(file.approvers),
        test_recipients=tuple(file.test_recipients),
        large_audience=file.large_audience,
        lake=LakePlace(file.lake, file.lake_folder, file.lake_settings) if file.lake_folder is not None else None,
    ), []


_REQUIRE = "require_"


def _audience_rules(file: AudiencesFile) -> AudienceRules:
    required = {name.removeprefix(_REQUIRE) for name in file.__struct_fields__ if name.startswith(_REQUIRE)}
    drift = parse_share(file.drift)
    return AudienceRules(
        required=frozenset(name for name in required if getattr(file, f"{_REQUIRE}{name}")),
        most=file.most,
        useful_size=file.useful_size,
        unused_days=_keep_days(file.unused_after) or 0,
        drift=0 if isinstance(drift, str) else drift,
    )


def _audience_problems(file: AudiencesFile) -> list[Problem]:
    problems = []
    if not 1 <= (_keep_days(file.unused_after) or 0) <= MOST_DAYS:
        what = f"`unused_after: {file.unused_after}` is not a number of days from 1 to {MOST_DAYS}"
        fix = "Write, for example, `30 days`"
        problems.append(Problem(("audiences", "unused_after"), what, "It is counted in days or weeks", fix))
    drift = parse_share(file.drift)
    if isinstance(drift, str):
        what, why = f"`drift: {file.drift}` is not a percentage", "An audience's move in a day is held against it"
        problems.append(Problem(("audiences", "drift"), what, why, drift))
    return problems


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(text: str) -> list[Problem]:
    """Tell when it is no time of a day."""
    if _CLOCK.match(text):
        return []
    what, why = f"`at: {text}` is not a time of the day", "Cuts are published at that time"
    return [Problem(("cuts", "at"), what, why, 'Write hours and minutes in quotes, for example `"03:00"`')]


def _link_settings(file: WorkspaceFile) -> LinkSettings | None:
    if file.links is None:
        return None
    domain = (file.links.domain or file.public_url or "").rstrip("/")
    return LinkSettings(domain=domain, clicks=file.links.clicks, opens=file.links.opens)


def _links(file: WorkspaceFile) -> list[Problem]:
    """Tell links that could lead nowhere, or over the network in clear."""
    if file.links is None:
        return []
    domain = file.links.domain or file.public_url
    if domain is None:
        why = "A link in a message begins with an address that customers reach"
        fix = "Write `domain` here, or `public_url`"
        return [Problem(("links",), "`links` has no domain", why, fix)]
    if domain.startswith("http://") and not domain.startswith(_THIS_MACHINE):
        why = "Mail programs warn of links without https, and carriers drop them"
        return [Problem(("links",), f"links would begin with `{domain}`", why, "Use an `https://` address")]
    return []


def _recipients(file: WorkspaceFile) -> list[Problem]:
    """Tell test recipients that are no address."""
    why, fix = "Test messages go by e-mail or as a text", "Write for example `kim@example.com` or `+4915112345678`"
    return [
        Problem(("test_recipients", place), f"`{told[:80]}` is no e-mail address and no telephone number", why, fix)
        for place, told in enumerate(file.test_recipients)
        if not _RECIPIENT.match(told)
    ]


def _lake(file: WorkspaceFile) -> list[Problem]:
    """Tell what a lake on Spark lacks, or what is said of one that is none."""
    if file.lake == "duckdb":
        return [
            Problem((key,), f"`{key}` is set", "The lake is DuckDB's, a file of the data folder", _SPARK_LAKE)
            for key, value in (("lake_folder", file.lake_folder), ("lake_settings", file.lake_settings))
            if value
        ]
    problems = []
    if file.lake_folder is None:
        why = "Spark's workers must find its files"
        problems.append(Problem(("lake",), f"`lake: {file.lake}` has no `lake_folder`", why, _LAKE_FOLDER))
    for name in file.lake_settings:
        if not name.startswith("spark."):
            why = "The names of Spark's settings begin with `spark.`"
            problems.append(
                Problem(("lake_settings", name), f"`{name}` is no setting of Spark", why, f"Write `spark.{name}`")
            )
    return problems


_SPARK_LAKE = "Remove it, or set `lake: spark://host:port`"
_LAKE_FOLDER = "Add `lake_folder:`, an absolute path or a URL such as `s3://bucket/lake`"


def _zone(zone: str) -> list[Problem]:
    """Tell when the zone is unknown. Names that are paths are unknown too, and end in the same answer."""
    try:
        zone_info(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"`time_zone: {zone}` is not a time zone"
        why = "Local days and quiet hours need an IANA name"
        return [Problem(("time_zone",), what, why, "Write one such as `Europe/Berlin` or `America/New_York`")]
    return []


def _source(file: SourceFile) -> Source:
    delay = parse_duration(file.max_delay)
    return Source(
        name=file.name,
        write_key=file.write_key,
        system=file.system or file.name,
        verifies=tuple(file.verifies),
        infers=file.infers,
        confidence=file.confidence,
        keep_raw_days=_keep_days(file.keep_raw),
        owner=file.owner,
        description=file.description,
        max_delay_s=None if isinstance(delay, str) else delay.us // SECOND,
        enabled=file.enabled,
        webhook=webhook_of(file.webhook),
    )


def _keep_days(text: str | None) -> int | None:
    """Return the days of a duration that was found sound."""
    duration = parse_duration(text)
    return None if isinstance(duration, str) else duration.days


def _sources(file: WorkspaceFile) -> list[Problem]:
    """Tell names and keys used twice, and spans that are none."""
    problems: list[Problem] = []
    names: set[str] = set()
    keys: set[str | None] = set()
    for index, source in enumerate(file.sources):
        path = ("sources", index)
        if source.name == OWN_SOURCE:
            what = f"`{OWN_SOURCE}` is the name under which Fieldfare writes its own events"
            why = "Its events may name people by their profile"
            problems.append(Problem((*path, "name"), what, why, "Choose another name"))
        if source.name in names:
            what = f"the source `{source.name}` stands twice"
            problems.append(
                Problem((*path, "name"), what, "A name says where an event came from", "Rename one of them")
            )
        if source.webhook is not None:
            problems += webhook_problems((*path, "webhook"), source.webhook)
        elif source.write_key is None:
            what, why = f"the source `{source.name}` can send nothing", "It has neither a write key nor a webhook"
            problems.append(Problem(path, what, why, "Write `write_key: ${NAME_OF_AN_ENVIRONMENT_VARIABLE}`"))
        if source.write_key in keys:
            what = f"the source `{source.name}` has the write key of another source"
            why = "The write key decides which source sent an event"
            problems.append(Problem((*path, "write_key"), what, why, "Use another environment variable"))
        if source.keep_raw is not None and not 1 <= (_keep_days(source.keep_raw) or 0) <= MOST_DAYS:
            what = f"`keep_raw: {source.keep_raw}` is not a number of days from 1 to {MOST_DAYS}"
            fix = "Write, for example, `60 days`"
            problems.append(Problem((*path, "keep_raw"), what, "It is counted in days or weeks", fix))
        delay = parse_duration(source.max_delay)
        if source.max_delay is not None and isinstance(delay, str):
            what = f"`max_delay: {source.max_delay}` is not a duration"
            problems.append(Problem((*path, "max_delay"), what, "Events are held against it", delay))
        names.add(source.name)
        keys |= {source.write_key} - {None}
        if source.infers and source.verifies:
            what, why = f"the source `{source.name}` verifies and infers", "What is inferred has not been verified"
            problems.append(Problem((*path, "infers"), what, why, "Remove `infers` or `verifies`, or make two sources"))
    return problems
