"""The page of a survey over HTTP: GET changes nothing, POST answers once, links end, other sites cannot answer."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette

from fieldfare.act.delivery.pace import Pace
from fieldfare.act.surveys.routes import MOST_ANSWERS, SurveyDoor, survey_routes
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY
from fieldfare.testing.delivery import START
from tests.decide.act.delivery.builders import LINKS
from tests.decide.act.surveys.asked import CLAIM, survey
from tests.web.test_unsubscribe_and_receipts import Http

PATH = LINKS.surveys.url(CLAIM).removeprefix("https://engage.example.com")


class Web:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.appends = 0
        self.clock = SimulatedClock(START)
        self.fails = False
        door = SurveyDoor(
            brand="Linden Studio",
            surveys={"month": survey(trait="nps", comment=True, locales={"de": {"question": "Wie war es?"}})},
            links=LINKS.surveys,
            append=self._append,
            clock=self.clock,
            pace=Pace(MOST_ANSWERS),
        )
        self.http = Http(Starlette(routes=survey_routes(door)))

    def _append(self, events: list[dict[str, Any]]) -> None:
        if self.fails:
            raise TransientError("log_busy", "later", retry_after_s=3)
        self.events += events
        self.appends += 1

    def post(self, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        found = re.search(r'name="form" value="([^"]+)"', self.http.get(PATH).text)
        assert found is not None
        told = {"form": found[1]} | form
        sent = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.http.post(PATH, content=urlencode(told), headers=sent)


@pytest.fixture
def web() -> Web:
    return Web()


def test_looking_changes_nothing_and_nothing_is_loaded_or_kept(web: Web) -> None:
    answer = web.http.get(PATH + "?a=9&lang=en")
    assert answer.status_code == 200
    assert 'value="9" checked' in answer.text
    assert "Wie war es?" in web.http.get(PATH).text
    assert web.events == []
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_an_answer_is_taken_and_counts_once(web: Web) -> None:
    assert web.post(answer="9", comment="good").status_code == 200
    assert [each["type"] for each in web.events] == ["identify", "track"]
    assert web.appends == 1, "all of an answer or nothing"
    assert web.post(answer="2").status_code == 200
    assert len({each["messageId"] for each in web.events}) == 2


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"answer": "12"}, {}),
        ({}, {}),
        ({"answer": "9", "comment": "x" * 3_000}, {}),
        ({"answer": "9", "form": "stolen"}, {}),
        ({"answer": "9"}, {"sec-fetch-site": "cross-site"}),
    ],
)
def test_what_is_no_answer_of_the_reader_is_refused(web: Web, form: dict[str, str], headers: dict[str, str]) -> None:
    answer = web.post(headers, **form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert web.events == []


def test_links_end_and_no_other_is_one(web: Web) -> None:
    assert web.http.get("/s/nothing").status_code == 404
    assert web.http.get(PATH[:-3] + "abc").status_code == 404
    web.clock.move_to(START + 14 * DAY)
    assert web.http.get(PATH).status_code == 410
    assert web.http.post(PATH, content="answer=9").status_code == 410
    assert web.events == []


def test_many_answers_in_a_minute_and_a_log_that_is_busy(web: Web) -> None:
    web.fails = True
    answer = web.post(answer="9")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    web.fails = False
    codes = [web.post(answer="9").status_code for _ in range(MOST_ANSWERS)]
    assert codes == [200] * (MOST_ANSWERS - 1) + [429]
