"""Signing in over HTTP: first start, passwords, second factor, sessions, foreign sites, too many tries."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from fieldfare.trust.access.model import Caller, Permission, Policy, Role
from fieldfare.trust.access.passwords import Passwords, hash_of_nobody
from tests.web.access_app import INSTALLATION, NOON, PASSWORD, Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.state.close()


@pytest.fixture
def kims(place: Place) -> Place:
    place.add("kim", Role.OWNER)
    return place


def test_the_first_start_makes_one_owner_by_a_link_that_serves_once(place: Place) -> None:
    browser = place.browser()
    assert browser.ask("GET", "/api/v1/session").json()["needs_set_up"] is True
    link = place.administration.set_up()
    assert link is not None
    look = browser.ask("POST", "/api/v1/links/look", json={"token": link[0]}).json()
    assert (look["purpose"], look["name"]) == ("set_up", None)
    first = {"token": link[0], "password": PASSWORD, "name": " Kim "}
    assert browser.ask("POST", "/api/v1/links/redeem", json=first).status_code == 200
    again = browser.ask("POST", "/api/v1/links/redeem", json=first | {"name": "eve"})
    assert (again.status_code, again.json()["code"]) == (404, "link_dead")
    assert place.administration.set_up() is None
    me = browser.sign_in("KIM").json()
    assert (me["user"]["name"], me["user"]["roles"], me["needs_set_up"]) == ("kim", ["owner"], False)
    assert set(me["permissions"]) == set(Permission)


def test_a_set_up_link_expires_and_a_newer_one_replaces_it(place: Place) -> None:
    first, second = place.administration.set_up(), place.administration.set_up()
    assert first is not None
    assert second is not None
    browser = place.browser()
    assert browser.ask("POST", "/api/v1/links/look", json={"token": first[0]}).status_code == 404
    place.clock.move_to(place.clock.now() + HOUR)
    assert browser.ask("POST", "/api/v1/links/look", json={"token": second[0]}).status_code == 404


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(kims: Place) -> None:
    plain = kims.browser().sign_in().headers["set-cookie"]
    assert plain.startswith("fieldfare_session=")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Secure" not in plain
    safe = kims.browser("https://here").sign_in().headers["set-cookie"]
    assert safe.startswith("__Host-fieldfare_session=")
    assert "Secure" in safe


def test_behind_a_proxy_that_ends_https_the_configured_address_decides(tmp_path: Path) -> None:
    place = Place(tmp_path, public_url="https://here.example")
    place.add("kim", Role.OWNER)
    safe = place.browser("http://127.0.0.1:8601").sign_in().headers["set-cookie"]
    assert safe.startswith("__Host-fieldfare_session=")
    assert "Secure" in safe
    place.state.close()


@pytest.mark.parametrize("base", ["sqlite", "postgresql"])
def test_a_name_that_nobody_can_have_is_refused_like_any_other(
    request: pytest.FixtureRequest, tmp_path: Path, base: str
) -> None:
    place = Place(tmp_path, url=None if base == "sqlite" else request.getfixturevalue("empty_postgres_database"))
    place.add("kim", Role.OWNER)
    browser = place.browser()
    for name in ("ki\0m", "\0", "k\nim", "x" * 300, "\ud7ffkim"):
        answer = browser.sign_in(name)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused"), name
        place.clock.move_to(place.clock.now() + MINUTE)
    assert browser.sign_in().is_success
    assert browser.ask("PATCH", "/api/v1/users/ki%00m", json={"disabled": True}).status_code in {400, 404}
    place.state.close()


@pytest.mark.parametrize("name", ["installation", "Installation ", "\uff29nstallation", "fieldfare", "guardrail"])
def test_nobody_is_named_as_what_signs_acts_of_no_user(kims: Place, name: str) -> None:
    browser = kims.browser()
    browser.sign_in()
    refused = browser.ask("POST", "/api/v1/users", json={"name": name, "roles": ["owner"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "user_name")
    link = kims.administration.new_link("test", "kim")
    assert kims.access.redeem(link.secret, PASSWORD, "installation").name == "kim", "who is named already stays so"


def test_who_is_disabled_while_they_make_a_token_leaves_none_behind(kims: Place) -> None:
    kims.add("lee", Role.OWNER)
    lee = kims.administration.user("lee")
    asked = frozenset(Permission), "t", [Permission.SEE, Permission.USERS_MANAGE], DAY
    made = kims.administration.make_token("lee", *asked, user=lee.id)
    assert kims.access.by_token(made.secret) is not None
    kims.administration.change("kim", "lee", roles=[Role.VIEWER])
    with pytest.raises(CallerError, match=r"users\.manage"):
        kims.administration.make_token("lee", *asked, user=lee.id)
    kims.administration.change("kim", "lee", is_disabled=True)
    with pytest.raises(CallerError) as refused:
        kims.administration.make_token("lee", *asked, user=lee.id)
    assert (refused.value.code, refused.value.status) == ("unauthorized", 401)
    assert [each.revoked_at is None for each in kims.administration.tokens()] == [False]


def test_a_token_is_made_by_what_its_maker_may_do_in_that_moment(kims: Place) -> None:
    browser = kims.browser()
    browser.sign_in()
    kims.add("lee", Role.OWNER)
    recognise = kims.access.by_session

    def disabled_meanwhile(secret: str, *, is_use: bool = True) -> Caller | None:
        found = recognise(secret, is_use=is_use)
        kims.administration.change("lee", "kim", is_disabled=True)
        return found

    kims.access.by_session = disabled_meanwhile  # type: ignore[method-assign]
    answer = browser.ask("POST", "/api/v1/tokens", json={"name": "t", "scopes": ["see"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert kims.administration.tokens() == []


@pytest.mark.parametrize(("name", "password"), [("kim", "wrong"), ("nobody", PASSWORD), ("", ""), ("kim", "")])
def test_a_refusal_does_not_tell_what_was_wrong(kims: Place, name: str, password: str) -> None:
    answer = kims.browser().sign_in(name, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")
    assert "set-cookie" not in answer.headers


def test_many_failures_slow_an_account_down_and_waiting_helps(kims: Place) -> None:
    browser = kims.browser()
    for _ in range(5):
        assert browser.sign_in("kim", "wrong").status_code == 401
    limited = browser.sign_in()
    assert (limited.status_code, limited.json()["code"], limited.headers["retry-after"]) == (
        429,
        "sign_in_limited",
        "1",
    )
    kims.clock.move_to(kims.clock.now() + SECOND)
    assert browser.sign_in().status_code == 200
    assert browser.sign_in("kim", "wrong").status_code == 401, "the account's failures are forgotten once it is in"


def test_many_failures_from_one_address_slow_all_names_down(kims: Place) -> None:
    browser = kims.browser()
    for number in range(20):
        assert browser.sign_in(f"guess-{number}", "wrong").status_code == 401
    assert browser.sign_in("kim", PASSWORD).status_code == 429


def test_a_session_ends_by_idling_by_age_and_by_signing_out(kims: Place) -> None:
    browser = kims.browser()
    browser.sign_in()
    for _ in range(30):
        kims.clock.move_to(kims.clock.now() + 6 * HOUR)
        if browser.ask("GET", "/api/v1/session").json()["user"] is None:
            break
    assert kims.clock.now() - NOON >= Policy().longest_us, "it was used all the time, until it was too old"
    browser.sign_in()
    kims.clock.move_to(kims.clock.now() + 8 * HOUR)
    assert browser.ask("GET", "/api/v1/session").json()["user"] is None
    browser.sign_in()
    kept = browser.cookies.copy() if hasattr(browser.cookies, "copy") else dict(browser.cookies)
    assert browser.ask("DELETE", "/api/v1/session").status_code == 200
    browser.cookies.update(kept)
    assert browser.ask("GET", "/api/v1/session").json()["user"] is None, "the server forgot it too"


def test_a_change_needs_the_sessions_own_text(kims: Place) -> None:
    browser = kims.browser()
    browser.sign_in()
    told = {"name": "lee", "roles": ["viewer"]}
    for csrf in ("", "0" * 32, "\u00e9"):
        refused = browser.ask("POST", "/api/v1/users", json=told, headers={"x-fieldfare-csrf": csrf.encode()})
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_missing")
    assert browser.ask("POST", "/api/v1/users", json=told).status_code == 200


def test_another_site_cannot_sign_somebody_in(kims: Place) -> None:
    body = {"name": "kim", "password": PASSWORD}
    answer = kims.browser().ask("POST", "/api/v1/session", json=body, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.json()["code"]) == (403, "site_foreign")


def enrol(place: Place, browser: object) -> pyotp.TOTP:
    assert hasattr(browser, "ask")
    secret = browser.ask("POST", "/api/v1/session/second-factor").json()["secret"]
    totp = pyotp.TOTP(secret)
    code = totp.at(place.clock.now() // SECOND)
    told = {"secret": secret, "code": code, "password": PASSWORD}
    assert browser.ask("POST", "/api/v1/session/second-factor/confirm", json=told).status_code == 200
    return totp


def test_a_second_factor_is_asked_for_and_a_code_serves_once(kims: Place) -> None:
    browser = kims.browser()
    browser.sign_in()
    totp = enrol(kims, browser)
    other = kims.browser()
    assert other.sign_in().json()["code"] == "second_factor_needed"
    assert other.sign_in(code=totp.at(kims.clock.now() // SECOND)).json()["code"] == "second_factor_wrong", (
        "used before"
    )
    kims.clock.move_to(kims.clock.now() + MINUTE)
    code = totp.at(kims.clock.now() // SECOND)
    assert other.sign_in(code=code).status_code == 200
    assert kims.browser().sign_in(code=code).json()["code"] == "second_factor_wrong"
    for wrong in ("", "000000 ", "abcdef", "12345"):
        assert kims.browser().sign_in(code=wrong).status_code == 401


def test_a_role_can_demand_a_second_factor(kims: Place) -> None:
    kims.administration.set_policy("test", Policy(second_factor=(Role.OWNER,)))
    browser = kims.browser()
    me = browser.sign_in().json()
    assert (me["needs_second_factor"], me["permissions"]) == (True, [])
    assert browser.ask("GET", "/api/v1/users").json()["code"] == "second_factor_unset"
    enrol(kims, browser)
    assert browser.ask("GET", "/api/v1/users").status_code == 200


def test_a_new_password_ends_other_sessions_and_needs_the_old_one(kims: Place) -> None:
    here, there = kims.browser(), kims.browser()
    here.sign_in()
    there.sign_in()
    assert len(here.ask("GET", "/api/v1/session/all").json()) == 2
    path = "/api/v1/session/password"
    assert here.ask("POST", path, json={"current": "x", "new": PASSWORD * 2}).json()["code"] == "password_wrong"
    weak = here.ask("POST", path, json={"current": PASSWORD, "new": "short"})
    assert (weak.status_code, weak.json()["code"]) == (400, "password_weak")
    assert here.ask("POST", path, json={"current": PASSWORD, "new": PASSWORD * 2}).status_code == 200
    assert there.ask("GET", "/api/v1/session").json()["user"] is None
    assert here.ask("GET", "/api/v1/session").json()["user"]["name"] == "kim"
    assert kims.browser().sign_in().status_code == 401
    assert kims.browser().sign_in(password=PASSWORD * 2).status_code == 200


def test_a_password_that_is_changed_while_it_is_compared_stays_changed(kims: Place) -> None:
    here = kims.browser()
    here.sign_in()
    compare = kims.access.passwords.is_right

    class Meanwhile(Passwords):
        def is_right(self, hashed: str | None, password: str) -> bool:
            kims.access.passwords = before
            answer = {"current": PASSWORD, "new": PASSWORD * 2}
            assert here.ask("POST", "/api/v1/session/password", json=answer).status_code == 200
            return compare(hashed, password)

    before, kims.access.passwords = kims.access.passwords, Meanwhile()
    assert kims.browser().sign_in().status_code == 401
    assert kims.browser().sign_in().status_code == 401
    assert kims.browser().sign_in(password=PASSWORD * 2).status_code == 200


def test_a_new_password_and_a_disabling_leave_no_link_that_serves(kims: Place) -> None:
    here = kims.browser()
    here.sign_in()
    left = kims.administration.new_link("test", "kim")
    change = {"current": PASSWORD, "new": PASSWORD * 2}
    assert here.ask("POST", "/api/v1/session/password", json=change).status_code == 200
    kims.add("lee", Role.OWNER)
    disabled = kims.administration.new_link("test", "lee")
    kims.administration.change("test", "lee", is_disabled=True)
    kims.administration.change("test", "lee", is_disabled=False)
    for link in (left, disabled):
        with pytest.raises(CallerError):
            kims.access.redeem(link.secret, PASSWORD * 3)


def test_a_screen_that_listens_keeps_no_session_alive(kims: Place) -> None:
    here = kims.browser()
    here.sign_in()
    secret = next(iter(here.cookies.jar)).value
    assert secret is not None
    for hours in range(1, 9):
        kims.clock.move_to(NOON + hours * HOUR)
        kims.access.by_session(secret, is_use=False)
    assert here.ask("GET", "/api/v1/session").json()["user"] is None


def test_sessions_are_ones_own_to_end(kims: Place) -> None:
    kims.add("lee", Role.VIEWER)
    kim, lee = kims.browser(), kims.browser()
    kim.sign_in()
    lee.sign_in("lee")
    (mine,) = lee.ask("GET", "/api/v1/session/all").json()
    assert kim.ask("DELETE", f"/api/v1/session/all/{mine['id']}").json() == {"done": False}
    assert lee.ask("GET", "/api/v1/session").json()["user"]["name"] == "lee"
    assert lee.ask("DELETE", f"/api/v1/session/all/{mine['id']}").json() == {"done": True}
    assert lee.ask("GET", "/api/v1/session").json()["user"] is None


def test_disabling_and_new_roles_hold_at_once_and_the_last_owner_stays(kims: Place) -> None:
    kims.add("lee", Role.VIEWER)
    kim, lee = kims.browser(), kims.browser()
    kim.sign_in()
    lee.sign_in("lee")
    assert lee.ask("GET", "/api/v1/users").json()["code"] == "forbidden"
    assert kim.ask("PATCH", "/api/v1/users/lee", json={"roles": ["owner"]}).json()["roles"] == ["owner"]
    assert lee.ask("GET", "/api/v1/users").status_code == 401
    lee.sign_in("lee")
    assert lee.ask("PATCH", "/api/v1/users/kim", json={"disabled": True}).json()["disabled_at"] is not None
    assert kim.ask("GET", "/api/v1/users").status_code == 401
    assert kims.browser().sign_in().status_code == 401
    for change in ({"disabled": True}, {"roles": ["viewer"]}):
        refused = lee.ask("PATCH", "/api/v1/users/lee", json=change)
        assert (refused.status_code, refused.json()["code"]) == (409, "owner_last")


def test_a_token_does_what_its_scopes_say_until_it_ends(kims: Place) -> None:
    kim = kims.browser()
    kim.sign_in()
    made = kim.ask(
        "POST", "/api/v1/tokens", json={"name": "report", "scopes": ["audit.read"], "lasts": "2 days"}
    ).json()
    bearer = {"authorization": f"Bearer {made['secret']}"}
    machine = kims.browser()
    assert machine.ask("GET", "/api/v1/access/acts", headers=bearer).status_code == 200
    assert machine.ask("GET", "/api/v1/users", headers=bearer).json()["code"] == "forbidden"
    assert "secret" not in str(kim.ask("GET", "/api/v1/tokens").json())
    kims.clock.move_to(kims.clock.now() + 2 * DAY)
    assert machine.ask("GET", "/api/v1/access/acts", headers=bearer).status_code == 401
    kim.sign_in()
    made = kim.ask("POST", "/api/v1/tokens", json={"name": "report", "scopes": ["audit.read"]}).json()
    bearer = {"authorization": f"bearer {made['secret']}"}
    assert machine.ask("GET", "/api/v1/access/acts", headers=bearer).status_code == 200
    assert kim.ask("DELETE", f"/api/v1/tokens/{made['token']['id']}").status_code == 200
    assert machine.ask("GET", "/api/v1/access/acts", headers=bearer).status_code == 401


@pytest.mark.parametrize("hasher", [PasswordHasher(), PasswordHasher(1, 8, 1)], ids=["usual", "cheap"])
def test_a_name_of_nobody_costs_as_much_as_a_true_one(hasher: PasswordHasher) -> None:
    """Comparing runs to its end at the same cost, and then says no: a hash of another form is refused at once."""
    nobody = hash_of_nobody(hasher)
    assert extract_parameters(nobody) == extract_parameters(hasher.hash("a true one"))
    with pytest.raises(VerifyMismatchError):
        hasher.verify(nobody, "nobody has this password")


def test_nobody_gives_a_token_more_than_they_may(kims: Place) -> None:
    limited = kims.administration.make_token("test", frozenset(Permission), "m", [Permission.USERS_MANAGE], DAY)
    bearer = {"authorization": f"Bearer {limited.secret}"}
    asked = {"name": "more", "scopes": ["users.manage", "people.reveal"]}
    answer = kims.browser().ask("POST", "/api/v1/tokens", json=asked, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "token_by_token"), "it would outlive its maker"
    with pytest.raises(CallerError) as caught:
        kims.administration.make_token("lee", frozenset({Permission.SEE}), "m", [Permission.PEOPLE_REVEAL], DAY)
    assert caught.value.code == "scope_not_held"


def test_acts_are_recorded_with_who_and_without_secrets(kims: Place) -> None:
    kim = kims.browser()
    kim.sign_in("kim", "wrong")
    kim.sign_in()
    kim.ask("POST", "/api/v1/users", json={"name": "lee", "roles": ["viewer"]})
    kim.ask("PATCH", "/api/v1/users/nobody", json={"roles": ["viewer"]})
    acts = kim.ask("GET", "/api/v1/access/acts").json()["acts"]
    told = [(each["actor"], each["act"], each["status"]) for each in acts]
    assert told[:3] == [
        ("kim", "PATCH /api/v1/users/{user}", 404),
        ("kim", "POST /api/v1/users", 200),
        ("kim", "user_invited", 200),
    ]
    assert ("kim", "sign_in_failed", 401) in told
    assert PASSWORD not in str(acts)
    first = kim.ask("GET", "/api/v1/access/acts", params={"limit": 2}).json()
    rest = kim.ask("GET", "/api/v1/access/acts", params={"limit": 500, "cursor": first["next"]}).json()
    assert first["acts"] + rest["acts"] == acts
    assert rest["next"] is None


def test_the_installations_token_may_do_everything(kims: Place) -> None:
    header = {"authorization": f"Bearer {INSTALLATION}"}
    found = kims.browser().ask("GET", "/api/v1/session", headers=header).json()
    assert (found["kind"], found["user"], found["csrf"]) == ("installation", None, None)
    assert kims.browser().ask("GET", "/api/v1/users", headers=header).status_code == 200


def test_every_answer_carries_the_headers_that_browsers_heed(kims: Place) -> None:
    for path in ("/api/v1/session", "/api/v1/users", "/nothing-here"):
        headers = kims.browser().ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
