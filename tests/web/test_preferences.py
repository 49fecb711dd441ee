"""The preference centre and the double opt-in over HTTP, by a raw client and by a browser with its keyboard alone."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from fieldfare.act.delivery.pace import Pace
from fieldfare.act.delivery.page_links import PageClaim
from fieldfare.act.delivery.preference_routes import MOST_SAVES, PreferenceDoor, preference_routes
from fieldfare.act.delivery.preferences import Choice
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.testing.delivery import START
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, InForce, Notice, Purpose
from tests.decide.act.delivery.builders import LINKS
from tests.decide.trust.consent.records import record
from tests.web.door_process import need
from tests.web.test_sdks import CHROMIUM, MODULES, NPM, SDK
from tests.web.test_unsubscribe_and_receipts import Http

CLAIM = PageClaim("", 7, b"a" * 16, "email", "de", START)
PREFERENCES = LINKS.pages.preferences_url(CLAIM).removeprefix("https://engage.example.com")
CONFIRM = LINKS.pages.confirm_url(CLAIM).removeprefix("https://engage.example.com")
POLICY = ConsentPolicy({"news": Purpose("news", double_opt_in=frozenset({"sms"})), "offers": Purpose("offers")})


def choice(purpose: str, channel: str, state: InForce) -> Choice:
    return Choice(
        purpose=purpose,
        channel=channel,
        title=purpose.capitalize(),
        description="What is new.",
        state=state,
        since_at=START,
        is_waiting=False,
        notice=Notice("1", "en", "You may write to me."),
    )


class Web:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.clock = SimulatedClock(START)
        self.waiting: list[ConsentRecord] = [record("grant", START, purpose="news", confirmed=False)]
        self.fails = False
        door = PreferenceDoor(
            brand="Linden Studio",
            policy=POLICY,
            links=LINKS.pages,
            choices=lambda _claim, _language: [
                choice("news", "email", InForce.GRANTED),
                choice("news", "sms", InForce.MISSING),
                choice("offers", "email", InForce.WITHDRAWN),
            ],
            waiting=lambda _claim: self.waiting,
            append_event=self._append,
            clock=self.clock,
            pace=Pace(MOST_SAVES),
        )
        self.app = Starlette(routes=preference_routes(door))
        self.http = Http(self.app)

    def _append(self, event: dict[str, Any]) -> None:
        if self.fails:
            raise TransientError("log_busy", "later", retry_after_s=3)
        self.events.append(event)

    def form(self, path: str = PREFERENCES) -> str:
        found = re.search(r'name="form" value="([^"]+)"', self.http.get(path).text)
        assert found is not None
        return found[1]

    def save(self, headers: dict[str, str] | None = None, **answers: str) -> httpx.Response:
        told = {"form": self.form(), "act": "save", "choice.news.email": "yes", "choice.offers.email": "no"}
        told |= {name.replace("__", "."): value for name, value in answers.items()}
        sent = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.http.post(PREFERENCES, content=urlencode(told), headers=sent)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [PREFERENCES, CONFIRM])
def test_looking_changes_nothing_and_is_kept_nowhere(web: Web, method: str, path: str) -> None:
    answer = web.http.request(method, path)
    assert answer.status_code == 200
    assert web.events == []
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_the_page_speaks_the_language_of_the_profile(web: Web) -> None:
    assert '<html lang="de">' in web.http.get(PREFERENCES).text
    assert "Vos préférences" in web.http.get(f"{PREFERENCES}?lang=fr").text


def test_saving_records_what_changed_refusals_first(web: Web) -> None:
    answer = web.save(choice__news__email="no", choice__news__sms="yes")
    assert answer.status_code == 200
    told = [(each["properties"]["channel"], each["properties"]["action"]) for each in web.events]
    assert told == [("email", "withdraw"), ("sms", "grant")]
    assert "Link in einer Nachricht" in answer.text, "the text message must be confirmed"
    assert web.events[0]["context"]["capture"]["url"] == "https://engage.example.com/p/"


def test_nothing_changed(web: Web) -> None:
    assert web.save().status_code == 200
    assert web.events == []


def test_no_to_everything(web: Web) -> None:
    assert web.save(act="stop_all").status_code == 200
    (event,) = web.events
    assert (event["properties"]["action"], event["properties"]["channel"]) == ("withdraw", "*")


def test_what_somebody_else_made_the_browser_send_changes_nothing(web: Web) -> None:
    assert web.save(form="forged", choice__news__email="no").status_code == 400
    assert web.save({"sec-fetch-site": "cross-site"}, choice__news__email="no").status_code == 400
    late = web.form()
    web.clock.move_to(START + 13 * HOUR)
    assert web.save(form=late, choice__news__email="no").status_code == 400
    assert web.http.post(PREFERENCES, content=b"\xff" * 70_000).status_code == 400
    assert web.events == []


def test_an_answer_that_is_none_leads_to_its_choice(web: Web) -> None:
    answer = web.save(choice__news__email="maybe", choice__news__sms="yes")
    assert answer.status_code == 400
    assert 'href="#choice.news.email.yes"' in answer.text
    assert 'id="choice.news.sms.yes" name="choice.news.sms" value="yes" checked' in answer.text, "nothing is lost"
    assert web.events == []


@pytest.mark.parametrize("path", ["/p/forged", "/c/forged", PREFERENCES[:-3], CONFIRM.replace("/c/", "/p/")])
def test_a_link_that_is_not_ours(web: Web, path: str) -> None:
    for method in ("GET", "POST"):
        assert web.http.request(method, path).status_code == 404
    assert web.events == []


def test_very_often_is_too_often_for_a_while(web: Web) -> None:
    answers = [web.save(choice__news__email="no").status_code for _ in range(MOST_SAVES + 1)]
    assert answers == [200] * MOST_SAVES + [429]
    web.clock.move_to(START + MINUTE)
    assert web.save(choice__news__email="no").status_code == 200


def test_a_choice_that_could_not_be_recorded_is_not_said_to_be(web: Web) -> None:
    web.fails = True
    answer = web.save(choice__news__email="no")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert web.events == []


def test_a_double_opt_in_is_confirmed_by_its_button_alone(web: Web) -> None:
    assert web.http.post(CONFIRM, content=b"").status_code == 400
    assert web.events == []
    body = urlencode({"form": web.form(CONFIRM)})
    assert web.http.post(CONFIRM, content=body).status_code == 200
    (event,) = web.events
    assert event["properties"]["confirms"] == web.waiting[0].id
    web.waiting = []
    assert "nichts zu bestätigen" in web.http.get(CONFIRM).text
    web.clock.move_to(START + 30 * DAY)
    assert web.http.get(CONFIRM).status_code == 410


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application on loopback, from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_pages_are_fit_for_all_eyes_in_light_and_dark(web: Web) -> None:
    need(MODULES / "playwright-core", NPM)
    need(MODULES / "axe-core", NPM)
    need(CHROMIUM, "apt-get install --no-install-recommends chromium")
    with served(web.app) as url:
        pages = ",".join(url + each for each in (PREFERENCES, CONFIRM, PREFERENCES[:-2]))
        command = ["node", str(SDK / "looks.mjs"), pages, str(CHROMIUM)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=SDK, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_by_keyboard_alone_in_a_browser_without_scripts(web: Web) -> None:
    need(MODULES / "playwright-core", NPM)
    need(CHROMIUM, "apt-get install --no-install-recommends chromium")
    with served(web.app) as url:
        command = ["node", str(SDK / "preferences.mjs"), url + PREFERENCES, str(CHROMIUM)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=SDK, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [(each["properties"]["purpose"], each["properties"]["action"]) for each in web.events]
    assert told == [("news", "withdraw")]
