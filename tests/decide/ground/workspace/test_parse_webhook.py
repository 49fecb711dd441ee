"""The webhook of a source: what each driver needs is said before a secret is known."""

from typing import Any, get_args

import msgspec
import pytest

from fieldfare.collect.sources import DRIVERS
from fieldfare.collect.sources.mappings import shipped_webhooks
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.workspace.files import WebhookFile
from fieldfare.ground.workspace.parse_webhook import WITH_MAPPING, webhook_of, webhook_problems

HMAC = {"driver": "hmac", "mapping": "m", "header": "X-Signature"}


def file(**keys: Any) -> WebhookFile:
    return msgspec.convert({"driver": "stripe", "secrets": ["${S}"], **keys}, WebhookFile)


def test_the_drivers_of_the_file_are_those_there_are() -> None:
    named = get_args(get_args(WebhookFile.__annotations__["driver"])[0])
    assert set(named) == {driver.driver for driver in DRIVERS}
    assert set(shipped_webhooks()) == WITH_MAPPING | {"consent"}, "that of consent platforms is named by its file"


def test_a_webhook_is_compiled() -> None:
    made = webhook_of(file(**HMAC, verification="shadow", tolerance="2 minutes", unmapped="keep", prefix="v0="))
    assert made is not None
    assert (made.driver, made.secrets, made.mapping, made.header) == ("hmac", ("${S}",), "m", "x-signature")
    assert (made.is_shadow, made.tolerance_us, made.keep_unmapped, made.prefix) == (True, 2 * MINUTE, True, "v0=")
    plain = webhook_of(file())
    assert plain is not None
    assert (plain.mapping, plain.is_shadow, plain.tolerance_us) == ("stripe", False, 5 * MINUTE)
    assert webhook_of(None) is None


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"tolerance": "5"}, "tolerance"),
        ({"driver": "standard"}, ""),
        ({"driver": "token"}, ""),
        ({"driver": "square"}, ""),
        ({"url": "https://x.example.com/"}, "url"),
        ({"header": "X"}, "header"),
        ({"query": "q"}, "query"),
        ({"encoding": "base64"}, "encoding"),
        ({"driver": "hmac", "mapping": "m"}, ""),
        ({**HMAC, "signed": "{timestamp}"}, "signed"),
        ({**HMAC, "signed": "{timestamp}.{body}"}, ""),
        ({**HMAC, "signed": "{id}.{body}"}, ""),
        ({**HMAC, "signed": "{url}.{body}"}, ""),
        ({**HMAC, "signed": "{nonsense}.{body}"}, "signed"),
        ({**HMAC, "timestamp_header": "X-Time"}, "timestamp_header"),
        ({**HMAC, "signed": "{id}.{body}", "id_header": "X-Id", "timestamp_header": "X-Time"}, "timestamp_header"),
        ({**HMAC, "id_header": "X-Id"}, "id_header"),
        ({**HMAC, "url": "https://x.example.com/"}, "url"),
        ({"driver": "token", "mapping": "m", "header": "X", "query": "q"}, "query"),
    ],
)
def test_what_is_wrong_has_a_place(keys: dict[str, Any], key: str) -> None:
    problems = webhook_problems(("sources", 0, "webhook"), file(**keys))
    paths = {problem.path for problem in problems}
    assert paths == {("sources", 0, "webhook", *([key] if key else []))} or key == "signed"
    assert ("sources", 0, "webhook", *([key] if key else [])) in paths
    assert all(problem.what and problem.fix for problem in problems)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"driver": "square", "url": "https://x.example.com/v1/webhooks/till"},
        {"driver": "token", "mapping": "m"},
        {"driver": "token", "mapping": "m", "query": "token"},
        {**HMAC, "signed": "{timestamp}.{body}", "timestamp_header": "X-Time"},
    ],
)
def test_what_is_right_is_not_told(keys: dict[str, Any]) -> None:
    assert webhook_problems((), file(**keys)) == []
