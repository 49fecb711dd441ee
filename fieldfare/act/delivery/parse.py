"""Compile ``channels.yaml`` and templates. Pure; what needs other files is checked in ``flow``."""

import re

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from fieldfare.act.delivery.files import ChannelFile, ChannelsFile, TemplateFile
from fieldfare.act.delivery.liquid import compile_html, compile_plain, known_filters
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.render import ROOTS, Template
from fieldfare.ground.instants import MINUTE, SECOND
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.suggest import nearest, quoted

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,40}$")
_URL = re.compile(r"^(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:[/?][^\s#]*)?$")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS_SPEC = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:localhost|{_LABEL}(?:\.{_LABEL})+)")
_LONGEST_ADDRESS = 254
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = {"email": "email", "sms": "phone"}
_KEYS = {
    "smtp": frozenset(
        {"host", "port", "security", "username", "password", "from_email", "from_name", "reply_to", "receipt_secret"}
    ),
    "webhook": frozenset({"url", "secret", "receipt_secret"}),
    "capture": frozenset[str](),
}
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LONGEST_TIMEOUT = MINUTE


def parse_channels(file: ChannelsFile) -> tuple[dict[str, ChannelSpec] | None, list[Problem]]:
    """Return the channels by name, or ``None`` with everything that is wrong."""
    specs: dict[str, ChannelSpec] = {}
    problems: list[Problem] = []
    for name, channel in file.channels.items():
        spec, found = _channel(name, channel)
        problems += found
        if spec is not None:
            specs[name] = spec
    return (None, problems) if problems else (specs, [])


def _channel(name: str, file: ChannelFile) -> tuple[ChannelSpec | None, list[Problem]]:
    at: Path = ("channels", name)
    problems: list[Problem] = []
    if not _NAME.match(name):
        what = f"`{name}` is not a name of a channel"
        problems.append(Problem(at, what, "It occurs in URLs and tables", "Use lowercase letters, digits, `_`, `-`"))
    for key in sorted({key for keys in _KEYS.values() for key in keys} - _KEYS[file.driver]):
        if getattr(file, key) is not None:
            why = f"The driver `{file.driver}` takes {quoted(_KEYS[file.driver]) or 'no such keys'}"
            problems.append(
                Problem((*at, key), f"`{key}` means nothing here", why, "Remove it, or choose another driver")
            )
    timeout, found = _timeout(at, file.timeout)
    problems += found
    if file.driver == "smtp":
        problems += _smtp(at, file)
    if file.driver == "webhook":
        problems += _webhook(at, file)
    if problems:
        return None, problems
    security = file.security or "starttls"
    return ChannelSpec(
        name=name,
        driver=file.driver,
        address=file.address or _ADDRESS.get(name, "email" if file.driver == "smtp" else "user_id"),
        host=file.host or "",
        port=file.port or _PORTS[security],
        security=security,
        username=file.username,
        password=file.password,
        from_email=file.from_email,
        from_name=file.from_name,
        reply_to=file.reply_to,
        url=file.url or "",
        secret=file.secret,
        receipt_secret=file.receipt_secret,
        timeout_us=timeout,
    ), []


def _timeout(at: Path, text: str | None) -> tuple[int, list[Problem]]:
    if text is None:
        return 10 * SECOND, []
    duration = parse_duration(text)
    if isinstance(duration, str):
        return 0, [Problem((*at, "timeout"), f"`timeout: {text}` is not a length of time", "", duration)]
    if not SECOND <= duration.us <= _LONGEST_TIMEOUT:
        why = "A call that hangs holds up the messages behind it"
        return 0, [Problem((*at, "timeout"), f"`timeout: {text}` is out of bounds", why, "Write 1 second to 1 minute")]
    return duration.us, []


def _smtp(at: Path, file: ChannelFile) -> list[Problem]:
    problems = []
    if not file.host:
        problems.append(Problem(at, "`host` is missing", "E-mail is handed to a server", "Write the server's name"))
    if (file.username is None) != (file.password is None):
        why = "A server asks for both or for neither"
        problems.append(Problem(at, "only one of `username` and `password` is set", why, "Set both or remove both"))
    if file.security == "none" and (file.host or "") not in _LOCAL:
        why = "Addresses and texts would cross the network in clear"
        fix = "Write `security: starttls` or `tls`; `none` is for a server on this machine"
        problems.append(Problem((*at, "security"), "`security: none` to another machine", why, fix))
    if file.address not in {None, "email"}:
        problems.append(
            Problem((*at, "address"), f"smtp cannot send to `{file.address}`", "", "Write `address: email`")
        )
    for key in ("from_email", "reply_to"):
        value = getattr(file, key)
        if value is not None and not is_mail_address(value):
            fix = "Write one plain address such as `hello@example.com`"
            problems.append(Problem((*at, key), f"`{key}` is not an e-mail address", "It becomes a header", fix))
    return problems


def _webhook(at: Path, file: ChannelFile) -> list[Problem]:
    problems = []
    url = _URL.match(file.url or "")
    if url is None:
        fix = "Write an address such as `https://sms.example.com/send`"
        problems.append(Problem((*at, "url"), "`url` is missing or no web address", "Messages are posted there", fix))
    elif url[1] == "http" and url[2].strip("[]") not in _LOCAL:
        why = "Addresses and texts would cross the network in clear"
        problems.append(
            Problem((*at, "url"), "`url` is not https", why, "Write `https://`; http is for this machine only")
        )
    if file.secret is None:
        why = "The receiver must be able to tell our calls from others'"
        problems.append(Problem(at, "`secret` is missing", why, "Write a reference such as `${SMS_WEBHOOK_SECRET}`"))
    return problems


def is_mail_address(text: str) -> bool:
    """Whether the text is one plain address (``local@domain``) that can stand in a header and an envelope."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS_SPEC.fullmatch(text) is not None


def parse_template(file: TemplateFile) -> tuple[Template | None, list[Problem]]:
    """Return the compiled template, or ``None`` with everything that is wrong."""
    problems = [*_variables(file)]
    compiled: dict[str, BoundTemplate] = {}
    for part, source in (("subject", file.subject), ("text", file.text), ("html", file.html)):
        if source is None:
            continue
        try:
            compiled[part] = (compile_html if part == "html" else compile_plain)(source)
        except LiquidError as error:
            what = f"`{part}` is not Liquid: {error.message}{_line(error)}"
            problems.append(
                Problem((part,), what, "It cannot be filled with values", "Correct the tag or filter there")
            )
            continue
        problems += _uses(part, compiled[part], file)
    if file.channel == "email" and not file.subject:
        problems.append(Problem((), "`subject` is missing", "An e-mail has a subject line", "Write `subject:`"))
    if problems:
        return None, problems
    return Template(
        name=file.template,
        channel=file.channel,
        subject=compiled.get("subject"),
        text=compiled["text"],
        html=compiled.get("html"),
        defaults=dict(file.variables),
        required=frozenset(name for name, value in file.variables.items() if value is None),
        sources=(file.subject or "", file.text, file.html or ""),
        incentive=file.incentive,
    ), []


def _line(error: LiquidError) -> str:
    """Return the line inside the part, when Liquid knows it."""
    token = error.token
    if token is None or token.start_index < 0:
        return ""
    return f" (its line {token.source.count(chr(10), 0, token.start_index) + 1})"


def _variables(file: TemplateFile) -> list[Problem]:
    problems = []
    for name in file.variables:
        if name in ROOTS or not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
            what = f"`{name}` cannot be a variable"
            why = f"{quoted(ROOTS)} are given, and a name is letters, digits and `_`"
            problems.append(Problem(("variables", name), what, why, "Choose another name"))
    return problems


def _uses(part: str, template: BoundTemplate, file: TemplateFile) -> list[Problem]:
    """Tell names and filters that do not exist, so that a message does not fail for everybody on the day."""
    problems = []
    used = template.analyze()
    known = (*ROOTS, *file.variables)
    for name in sorted(set(used.globals) - set(known)):
        why = f"A template may use {quoted(known)}"
        fix = nearest(name, known) or f"Write `profile.{name}` for a trait, or list it under `variables`"
        problems.append(Problem((part,), f"`{name}` is not known", why, fix))
    for name in sorted(set(used.filters) - known_filters()):
        fix = nearest(name, known_filters()) or "Remove it"
        problems.append(Problem((part,), f"`{name}` is not a filter that may be used", "", fix))
    return problems
