"""Compile ``channels.yaml``. Pure; what needs other files is checked in ``flow``. It opens no connection."""

import re
from collections.abc import Callable

from fieldfare.act.delivery.files import ChannelFile, ChannelsFile
from fieldfare.act.delivery.model import ChannelSpec, DkimSpec
from fieldfare.act.delivery.parse_limits import budget_problems, limit_problems, limits_of, millionths
from fieldfare.ground.instants import MINUTE, SECOND
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.suggest import quoted

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,40}$")
_URL = re.compile(r"^(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:[/?][^\s#]*)?$")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_ADDRESS_SPEC = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:localhost|{_LABEL}(?:\.{_LABEL})+)")
_LONGEST_ADDRESS = 254
_LONGEST_BOUNCE_BOX = 16
"""Characters before the `+` of a return path: with the signed tag the local part stays within 64 (RFC 5321)."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = {"email": "email", "sms": "phone"}
_OF_DRIVER = {"smtp": "email", "sendgrid": "email", "twilio": "phone", "task": "profile"}
"""Drivers that can send to one kind of address only."""
_SENDER = frozenset({"from_email", "from_name", "reply_to"})
_KEYS = {
    "smtp": frozenset(
        {"host", "port", "security", "username", "password", "receipt_secret", "dkim", "return_path", *_SENDER}
    ),
    "sendgrid": frozenset({"api_key", "verification_key", "url", *_SENDER}),
    "twilio": frozenset(
        {
            "account_sid",
            "auth_token",
            "messaging_service",
            "from_number",
            "webhook_secret",
            "max_segments",
            "url",
            "help",
        }
    ),
    "webhook": frozenset({"url", "secret", "receipt_secret", "lookup_url"}),
    "task": frozenset({"list", "assignee", "due"}),
    "capture": frozenset[str](),
}
_CALLING = frozenset({"smtp", "sendgrid", "twilio", "webhook"})
"""Drivers that call somebody; the others write into lists of our own, whole sets at once."""
_USUAL_PARALLEL = 8
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LONGEST_TIMEOUT = MINUTE
_API = {"twilio": "https://api.twilio.com", "sendgrid": "https://api.sendgrid.com"}
_USUAL_SEGMENTS = 3


def parse_channels(file: ChannelsFile) -> tuple[dict[str, ChannelSpec] | None, list[Problem]]:
    """Return the channels by name, or ``None`` with everything that is wrong."""
    specs: dict[str, ChannelSpec] = {}
    problems: list[Problem] = []
    for name, channel in file.channels.items():
        spec, found = _channel(name, channel)
        problems += found
        if spec is not None:
            specs[name] = spec
    problems += budget_problems(specs)
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
    if file.idempotent and file.driver != "webhook":
        why = "Other providers keep no ids of ours"
        problems.append(Problem((*at, "idempotent"), "`idempotent` means nothing here", why, "Remove it"))
    if file.parallel is not None and file.driver not in _CALLING:
        why = f"The driver `{file.driver}` calls nobody"
        problems.append(Problem((*at, "parallel"), "`parallel` means nothing here", why, "Remove it"))
    fixed = _OF_DRIVER.get(file.driver)
    if fixed is not None and file.address not in {None, fixed}:
        what = f"{file.driver} cannot send to `{file.address}`"
        problems.append(Problem((*at, "address"), what, "", f"Write `address: {fixed}`"))
    timeout, found = _timeout(at, file.timeout)
    due, wrong = _due(at, file.due)
    check = _CHECKS.get(file.driver)
    problems += [*found, *wrong, *(check(at, file) if check is not None else []), *limit_problems(at, file)]
    if problems:
        return None, problems
    return _spec(name, file, timeout, due), []


def _spec(name: str, file: ChannelFile, timeout: int, due: int | None) -> ChannelSpec:
    security = file.security or "starttls"
    domain = (file.from_email or "").rpartition("@")[2]
    return ChannelSpec(
        name=name,
        driver=file.driver,
        address=file.address or _OF_DRIVER.get(file.driver) or _ADDRESS.get(name, "user_id"),
        host=file.host or "",
        port=file.port or _PORTS[security],
        security=security,
        username=file.username,
        password=file.password,
        from_email=file.from_email,
        from_name=file.from_name,
        reply_to=file.reply_to,
        url=file.url or "" if file.driver == "webhook" else _api(file),
        secret=file.secret,
        receipt_secret=file.receipt_secret,
        timeout_us=timeout,
        dkim=DkimSpec(domain=file.dkim.domain or domain, selector=file.dkim.selector, key=file.dkim.key)
        if file.dkim is not None
        else None,
        return_path=file.return_path,
        account_sid=file.account_sid or "",
        auth_token=file.auth_token,
        messaging_service=file.messaging_service,
        from_number=file.from_number,
        webhook_secret=file.webhook_secret,
        max_segments=file.max_segments or _USUAL_SEGMENTS,
        help=file.help,
        api_key=file.api_key,
        verification_key=file.verification_key,
        is_shadow=file.receipt_verification == "shadow",
        list=file.list or (name if file.driver == "task" else None),
        assignee=file.assignee,
        due_us=due,
        provider=file.provider or name,
        parallel=file.parallel or _USUAL_PARALLEL,
        limits=limits_of(file.limits),
        price_millionths=millionths(file.price),
        is_idempotent=file.idempotent,
        lookup_url=(file.lookup_url or "").rstrip("/") or None,
    )


def _api(file: ChannelFile) -> str:
    return (file.url or _API.get(file.driver, "")).rstrip("/")


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


def _due(at: Path, text: str | None) -> tuple[int | None, list[Problem]]:
    if text is None:
        return None, []
    duration = parse_duration(text)
    if isinstance(duration, str):
        return None, [Problem((*at, "due"), f"`due: {text}` is not a length of time", "", duration)]
    return duration.us, []


def _smtp(at: Path, file: ChannelFile) -> list[Problem]:
    problems = [*_senders(at, file), *_bounces(at, file)]
    if not file.host:
        problems.append(Problem(at, "`host` is missing", "E-mail is handed to a server", "Write the server's name"))
    if (file.username is None) != (file.password is None):
        why = "A server asks for both or for neither"
        problems.append(Problem(at, "only one of `username` and `password` is set", why, "Set both or remove both"))
    if file.security == "none" and (file.host or "") not in _LOCAL:
        why = "Addresses and texts would cross the network in clear"
        fix = "Write `security: starttls` or `tls`; `none` is for a server on this machine"
        problems.append(Problem((*at, "security"), "`security: none` to another machine", why, fix))
    domain = file.dkim.domain if file.dkim is not None else None
    if domain is not None and not _DOMAIN.fullmatch(domain):
        what, why = f"`domain: {domain}` is no domain", "The public key is looked up below it"
        problems.append(Problem((*at, "dkim", "domain"), what, why, "Write a name such as `example.com`"))
    elif domain is not None and file.from_email is not None and not _aligned(domain, file.from_email):
        what = f"mail from `{file.from_email}` would be signed for `{domain}`"
        why = "DMARC asks for a signature of the sender's own domain or of one above it"
        problems.append(Problem((*at, "dkim", "domain"), what, why, "Sign for the domain of `from_email`"))
    return problems


def _aligned(domain: str, sender: str) -> bool:
    return f".{sender.rpartition('@')[2]}".lower().endswith(f".{domain.lower()}")


def _senders(at: Path, file: ChannelFile) -> list[Problem]:
    problems = []
    for key in ("from_email", "reply_to", "return_path"):
        value = getattr(file, key)
        if value is not None and not is_mail_address(value):
            fix = "Write one plain address such as `hello@example.com`"
            problems.append(Problem((*at, key), f"`{key}` is not an e-mail address", "It becomes a header", fix))
    return problems


def _bounces(at: Path, file: ChannelFile) -> list[Problem]:
    if file.return_path is None:
        return []
    problems = []
    if file.receipt_secret is None:
        why = "It signs the return path, and bounces are posted with it"
        fix = "Write a reference such as `${BOUNCE_SECRET}`"
        problems.append(Problem((*at, "return_path"), "`return_path` stands without `receipt_secret`", why, fix))
    box = file.return_path.partition("@")[0]
    if len(box) > _LONGEST_BOUNCE_BOX or "+" in box:
        what = f"the mailbox `{box}` of `return_path` leaves no place for a tag"
        why = "A signed tag is added after a `+`, and a local part has at most 64 characters"
        fix = f"Use a name of at most {_LONGEST_BOUNCE_BOX} characters without `+`"
        problems.append(Problem((*at, "return_path"), what, why, fix))
    return problems


def _webhook(at: Path, file: ChannelFile) -> list[Problem]:
    problems = _address(at, file.url)
    if file.lookup_url is not None:
        problems += _address(at, file.lookup_url, "lookup_url")
    if file.secret is None:
        why = "The receiver must be able to tell our calls from others'"
        problems.append(Problem(at, "`secret` is missing", why, "Write a reference such as `${SMS_WEBHOOK_SECRET}`"))
    return problems


def _address(at: Path, text: str | None, key: str = "url") -> list[Problem]:
    url = _URL.match(text or "")
    if url is None:
        fix = "Write an address such as `https://sms.example.com/send`"
        return [Problem((*at, key), f"`{key}` is missing or no web address", "Messages are posted there", fix)]
    if url[1] == "http" and url[2].strip("[]") not in _LOCAL:
        why = "Addresses and texts would cross the network in clear"
        return [Problem((*at, key), f"`{key}` is not https", why, "Write `https://`; http is for this machine only")]
    return []


def _twilio(at: Path, file: ChannelFile) -> list[Problem]:
    problems = [] if file.url is None else _address(at, file.url)
    for key, fix in (
        ("account_sid", "Write the account's SID, `AC` and 32 digits"),
        ("auth_token", "Write a reference such as `${TWILIO_AUTH_TOKEN}`"),
    ):
        if getattr(file, key) is None:
            problems.append(Problem(at, f"`{key}` is missing", "Twilio asks who calls", fix))
    if (file.messaging_service is None) == (file.from_number is None):
        what = "`messaging_service` and `from_number` are both set or both missing"
        why, fix = "A text message has one sender", "Write one of them; a messaging service where there is one"
        problems.append(Problem(at, what, why, fix))
    return problems


def _sendgrid(at: Path, file: ChannelFile) -> list[Problem]:
    problems = [*_senders(at, file), *([] if file.url is None else _address(at, file.url))]
    if file.api_key is None:
        fix = "Write a reference such as `${SENDGRID_API_KEY}`"
        problems.append(Problem(at, "`api_key` is missing", "SendGrid asks who calls", fix))
    return problems


_CHECKS: dict[str, Callable[[Path, ChannelFile], list[Problem]]] = {
    "smtp": _smtp,
    "webhook": _webhook,
    "twilio": _twilio,
    "sendgrid": _sendgrid,
}


def is_mail_address(text: str) -> bool:
    """Whether the text is one plain address (``local@domain``) that can stand in a header and an envelope."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS_SPEC.fullmatch(text) is not None
