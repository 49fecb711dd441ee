"""Compile the ``webhook`` of a source into :class:`Webhook`. Pure; whether its mapping exists is checked in ``flow``.

What a driver needs is said here, before a secret is known; what it does is in ``fieldfare.collect.sources``.
"""

import re

from fieldfare.ground.workspace.files import WebhookFile
from fieldfare.ground.workspace.model import Duration, Path, Problem, Webhook, parse_duration

OWN_KEYS: dict[str, frozenset[str]] = {
    "url": frozenset({"square", "hmac"}),
    "header": frozenset({"hmac", "token"}),
    "query": frozenset({"token"}),
    **dict.fromkeys(
        ("algorithm", "encoding", "prefix", "signed", "timestamp_header", "id_header", "key_encoding"),
        frozenset({"hmac"}),
    ),
}
"""Key -> the drivers that know it; every driver knows the others."""
WITH_MAPPING = frozenset({"stripe", "shopify", "square", "mindbody"})
"""Drivers with a shipped mapping of their own name."""
_TOKEN = re.compile(r"{([^{}]*)}")
_NEEDS = {"timestamp": "timestamp_header", "id": "id_header", "url": "url"}


def webhook_of(file: WebhookFile | None) -> Webhook | None:
    """Return the noun of a file without problems."""
    if file is None:
        return None
    tolerance = parse_duration(file.tolerance)
    assert isinstance(tolerance, Duration), "checked before"
    return Webhook(
        driver=file.driver,
        secrets=tuple(file.secrets),
        mapping=file.mapping or file.driver,
        is_shadow=file.verification == "shadow",
        tolerance_us=tolerance.us,
        url=file.url,
        keep_unmapped=file.unmapped == "keep",
        header=file.header.lower() if file.header else None,
        query=file.query,
        algorithm=file.algorithm,
        encoding=file.encoding,
        prefix=file.prefix,
        signed=file.signed,
        timestamp_header=file.timestamp_header.lower() if file.timestamp_header else None,
        id_header=file.id_header.lower() if file.id_header else None,
        key_encoding=file.key_encoding,
    )


def webhook_problems(path: Path, file: WebhookFile) -> list[Problem]:
    """Return everything that is wrong with a webhook."""
    problems: list[Problem] = []
    if isinstance(tolerance := parse_duration(file.tolerance), str):
        what = f"`tolerance: {file.tolerance}` is not a length of time"
        problems.append(Problem((*path, "tolerance"), what, "", tolerance))
    if file.mapping is None and file.driver not in WITH_MAPPING:
        what, why = "`mapping` is missing", f"The driver `{file.driver}` says nothing of what is in the body"
        problems.append(Problem(path, what, why, "Name a mapping, and write it in `webhooks/`"))
    defaults = WebhookFile(driver=file.driver, secrets=file.secrets)
    for key, drivers in OWN_KEYS.items():
        if file.driver not in drivers and getattr(file, key) != getattr(defaults, key):
            what, why = f"`{key}` stands beside `driver: {file.driver}`", "The driver does not use it"
            problems.append(Problem((*path, key), what, why, "Remove it, or choose another driver"))
    if file.driver == "square" and file.url is None:
        what, why = "`url` is missing", "Square signs the address together with the body"
        problems.append(Problem(path, what, why, "Write the notification URL exactly as Square has it"))
    if file.driver == "hmac":
        problems += _hmac_problems(path, file)
    if file.driver == "token" and file.header is not None and file.query is not None:
        what, why = "`header` and `query` are both given", "A token comes in one place"
        problems.append(Problem((*path, "query"), what, why, "Remove one of them"))
    return problems


def _hmac_problems(path: Path, file: WebhookFile) -> list[Problem]:
    problems: list[Problem] = []
    if file.header is None:
        what, why = "`header` is missing", "Nothing says where the signature stands"
        problems.append(Problem(path, what, why, "Name the header of the signature"))
    named = _TOKEN.findall(file.signed)
    if "body" not in named:
        what, why = "`signed` has no `{body}`", "A signature that does not cover the body proves nothing of it"
        problems.append(Problem((*path, "signed"), what, why, "Write, for example, `{timestamp}.{body}`"))
    for name in named:
        if name not in {"body", *_NEEDS}:
            what, fix = f"`signed` names `{{{name}}}`", "Write `{body}`, `{timestamp}`, `{id}` or `{url}`"
            problems.append(Problem((*path, "signed"), what, "There is no such part", fix))
        elif name in _NEEDS and getattr(file, _NEEDS[name]) is None:
            what, why = f"`{_NEEDS[name]}` is missing", f"`signed` names `{{{name}}}`"
            problems.append(Problem(path, what, why, f"Write `{_NEEDS[name]}`"))
    for name, key in _NEEDS.items():
        if getattr(file, key) is not None and name not in named:
            what = f"`{key}` is given, and `signed: {file.signed}` does not name `{{{name}}}`"
            why = "What is not signed proves nothing, so it is not looked at"
            fix = f"Write `{{{name}}}` into `signed`, in the place where the sender signs it, or remove `{key}`"
            problems.append(Problem((*path, key), what, why, fix))
    return problems
