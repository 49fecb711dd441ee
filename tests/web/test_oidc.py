"""Sign-in through a provider against a local issuer: it works, and each way of deceiving it is refused."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import MINUTE
from fieldfare.trust.access.model import Oidc, Policy, Role
from tests.web.access_app import PASSWORD, Browser, Place

CLAIMS = {"sub": "s-1", "email": "lee@example.com", "email_verified": True, "name": "Lee", "groups": ["brand"]}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    oidc = Oidc(
        issuer="https://id.example",
        client_id="fieldfare",
        secret_variable="FIELDFARE_OIDC_SECRET",
        label="Brand sign-in",
        roles_claim="groups",
        roles={"brand": Role.MARKETER},
    )
    found.administration.set_policy("test", Policy(oidc=oidc))
    yield found
    found.state.close()


def returned(place: Place, browser: Browser, *, state: str | None = None, **claims: object) -> httpx.Response:
    """Go to the provider, sign in there, come back."""
    address = browser.ask("GET", "/api/v1/session/oidc").headers["location"]
    code, held = place.issuer.grant(address, **(CLAIMS | claims))
    query = {"code": code, "state": held if state is None else state}
    return browser.ask("GET", "/api/v1/session/oidc/return", params=query)


def test_a_vouched_user_is_signed_in_and_found_again(place: Place) -> None:
    browser = place.browser("https://here.example")
    assert browser.ask("GET", "/api/v1/session").json()["single_sign_on"] == "Brand sign-in"
    assert returned(place, browser).headers["location"] == "/"
    me = browser.ask("GET", "/api/v1/session").json()
    assert (me["user"]["name"], me["user"]["roles"]) == ("lee@example.com", ["marketer"])
    again = place.browser("https://here.example")
    assert returned(place, again, email="lee@new.example", groups=[]).headers["location"] == "/"
    assert again.ask("GET", "/api/v1/session").json()["user"]["id"] == me["user"]["id"]


@pytest.mark.parametrize("fault", ["issuer", "audience", "nonce", "expired", "signature", "unsigned"])
def test_a_false_answer_of_the_provider_is_refused(place: Place, fault: str) -> None:
    browser = place.browser("https://here.example")
    address = browser.ask("GET", "/api/v1/session/oidc").headers["location"]
    code, state = place.issuer.grant(address, **CLAIMS)
    place.issuer.faults.add(fault)
    answer = browser.ask("GET", "/api/v1/session/oidc/return", params={"code": code, "state": state})
    assert answer.headers["location"] == "/?refused=oidc_refused"
    assert browser.ask("GET", "/api/v1/session").json()["user"] is None


def test_a_foreign_state_a_foreign_browser_and_a_late_return_are_refused(place: Place) -> None:
    browser = place.browser("https://here.example")
    assert returned(place, browser, state="x").headers["location"] == "/?refused=oidc_refused"
    address = browser.ask("GET", "/api/v1/session/oidc").headers["location"]
    code, state = place.issuer.grant(address, **CLAIMS)
    query = {"code": code, "state": state}
    stranger = place.browser("https://here.example")
    assert stranger.ask("GET", "/api/v1/session/oidc/return", params=query).headers["location"] != "/"
    place.clock.move_to(place.clock.now() + 11 * MINUTE)
    late = browser.ask("GET", "/api/v1/session/oidc/return", params=query)
    assert late.headers["location"] == "/?refused=oidc_refused"


def test_a_silent_provider_is_told_and_a_stranger_is_not_let_in(place: Place) -> None:
    browser = place.browser("https://here.example")
    assert returned(place, browser, groups=["other"]).headers["location"] == "/?refused=vouched_unknown"
    place.issuer.faults.add("down")
    answer = browser.ask("GET", "/api/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (503, "oidc_silent")
    place.issuer.faults = {"unreachable"}
    answer = browser.ask("GET", "/api/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (503, "oidc_silent")
    place.issuer.faults = {"html"}
    assert browser.ask("GET", "/api/v1/session/oidc").json()["code"] == "oidc_refused"


def test_who_has_a_password_beside_a_provider_needs_the_second_factor_and_an_old_invitation_serves_no_more(
    place: Place,
) -> None:
    invited = place.administration.invite("test", "lee@example.com", "Lee", (Role.OWNER,))
    browser = place.browser("https://here.example")
    assert returned(place, browser).headers["location"] == "/"
    with pytest.raises(CallerError):
        place.access.redeem(invited.secret, PASSWORD)
    place.access.redeem(place.administration.new_link("test", "lee@example.com").secret, PASSWORD)
    policy = msgspec.structs.replace(place.access.policy(), second_factor=(Role.MARKETER, Role.OWNER))
    place.administration.set_policy("test", policy)
    by_password = place.browser()
    assert by_password.sign_in("lee@example.com").status_code == 200
    assert by_password.ask("GET", "/api/v1/users").json()["code"] == "second_factor_unset"


def test_without_a_provider_there_is_nothing(place: Place) -> None:
    place.administration.set_policy("test", Policy())
    answer = place.browser().ask("GET", "/api/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (404, "oidc_off")
