"""Twilio's signatures: the official validator agrees, whatever the form, port and hash."""

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from fieldfare.act.delivery.channels.twilio_signature import is_signed, sign

TOKEN, SHARED = "12345", "shared-key-secret"
# The example of Twilio's documentation and of its library's tests.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
PUBLISHED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
HEADERS = {"content-type": "application/x-www-form-urlencoded"}


def signed(url: str, signature: str, form: dict[str, str] | None = None, **headers: str) -> bool:
    told = {
        **HEADERS,
        "x-twilio-signature": signature,
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    body = urlencode(FORM if form is None else form).encode()
    return is_signed(url, told, body, token=TOKEN, shared_key=SHARED)


def test_the_published_example_fits_and_a_changed_one_does_not() -> None:
    assert sign(URL, list(FORM.items()), TOKEN) == PUBLISHED
    assert signed(URL, PUBLISHED)
    assert not signed(URL, PUBLISHED, {**FORM, "Digits": "1235"})
    assert not signed(URL + "x", PUBLISHED)
    assert not signed(URL, "")
    assert not signed(URL, "RSOYDt4T1cUTdK1PDd93/VVr8B9=")


@pytest.mark.parametrize("url", [URL, URL.replace(".com/", ".com:443/"), "http://a.example:80/x", "http://a.example/x"])
def test_the_address_counts_with_and_without_its_port(url: str) -> None:
    official = RequestValidator(TOKEN)
    other = url.replace(":443", "").replace(":80", "") if ":443" in url or ":80" in url else None
    signature = official.compute_signature(other or url, FORM)
    assert official.validate(url, FORM, signature)
    assert signed(url, signature)


def test_a_port_that_twilio_added_counts_too() -> None:
    signature = RequestValidator(TOKEN).compute_signature(URL.replace(".com/", ".com:443/"), FORM)
    assert signed(URL, signature)


def test_sha_256_with_a_shared_key() -> None:
    signature = RequestValidator(SHARED).compute_signature(URL, FORM, "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert signed(URL, signature, x_twilio_webhooks_signature_settings=settings)
    assert not signed(URL, signature), "the settings say which hash; without them it is SHA-1 with the token"
    assert not signed(URL, signature, x_twilio_webhooks_signature_settings="algorithm=HMAC_MD5")
    with_token = RequestValidator(TOKEN).compute_signature(URL, FORM, "HMAC_SHA256")
    assert not signed(URL, with_token, x_twilio_webhooks_signature_settings=settings)


def test_a_json_body_is_covered_by_its_hash() -> None:
    body = b'{"MessageSid": "SM1"}'
    url = f"https://a.example/hook?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    assert RequestValidator(TOKEN).validate(url, body.decode(), signature)
    assert is_signed(url, headers, body, token=TOKEN)
    assert not is_signed(url, headers, body + b" ", token=TOKEN)
    bare = "https://a.example/hook"
    unhashed = {**headers, "x-twilio-signature": RequestValidator(TOKEN).compute_signature(bare, {})}
    assert not is_signed(bare, unhashed, body, token=TOKEN), "a body that nothing covers proves nothing"


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=5), st.sampled_from(["SHA1", "SHA256"]))
def test_the_official_validator_agrees_on_any_form(form: dict[str, str], name: str) -> None:
    key = TOKEN if name == "SHA1" else SHARED
    signature = RequestValidator(key).compute_signature(URL, form, f"HMAC_{name}")
    assert sign(URL, list(form.items()), key, name.lower()) == signature
