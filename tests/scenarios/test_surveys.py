"""A survey from the journey to the answer: a link in a message, an answer as event and trait, and a cap by its tag."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette

from fieldfare.act.surveys.routes import survey_routes
from fieldfare.assembly.consent import survey_door
from fieldfare.assembly.installation import open_answers
from fieldfare.flow.captured import MailboxFilter
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened
from tests.web.test_unsubscribe_and_receipts import Http

WORKSPACE = {
    "workspace.yaml": """
name: linden
time_zone: Europe/Berlin
currency: EUR
public_url: https://engage.example.com
brand: {name: Linden Studio, postal_address: 1 Linden Street, from_email: hello@linden.example.com}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}", verifies: [email]}]
""",
    "consent.yaml": "purposes: {service: {description: d, consent: not_required}, feedback: {description: f}}\n",
    "channels.yaml": "channels:\n  email: {driver: capture}\n",
    "traits.yaml": "traits: {email: {type: text, sensitivity: contact}, language: {type: text}, nps: {type: number}}\n",
    "policies.yaml": """
caps: [{tag: survey, most: 1, per: 30 days}]
capacities: [{name: answers, most: 1, per: 1 day, concerns: {tags: [survey]}}]
""",
    "surveys/month.yaml": """
survey: month
question: How likely are you to recommend us?
comment: true
trait: nps
locales: {de: {question: Wie wahrscheinlich empfehlen Sie uns weiter?}}
""",
    "templates/ask.yaml": """
template: ask
channel: email
subject: One question
text: "Tell us: {{ survey_url }}?a=9 ({{ unsubscribe_url }})"
""",
    "journeys/feedback.yaml": """
journey: feedback
entry: {event: month_over, reentry: always}
purpose: feedback
steps:
  - survey:
      survey: month
      channel: email
      template: ask
      first: {when: {did: check_in, within: 7 days}, priority: 90}
  - wait: {event: Survey Answered, where: {survey: month}, timeout: 5 days, late: [exit: silent]}
  - branch: {when: {trait: nps, at_least: 9}, then: [exit: promoter], else: [exit: other]}
""",
}


@pytest.fixture
def whole(tmp_path: Any) -> Iterator[Whole]:
    for name, text in WORKSPACE.items():
        (tmp_path / "workspace" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "workspace" / name).write_text(text)
    with opened(tmp_path / "data", NOON, tmp_path / "workspace") as made:
        for user in ("ada", "bob"):
            traits = {"email": f"{user}@example.com", "language": "de"}
            made.send({"type": "identify", "userId": user, "traits": traits}, NOON)
            consent = {"purpose": "feedback", "channel": "email", "action": "grant", "evidence": "form"}
            made.send({"type": "track", "event": "Consent Updated", "userId": user, "properties": consent}, NOON)
        made.send({"type": "track", "event": "check_in", "userId": "bob"}, NOON)
        made.tick(NOON)
        yield made


def links(whole: Whole) -> list[str]:
    found = open_answers(whole.installation, whole.lake).mailbox.search(MailboxFilter())["messages"]
    return [
        match[1] for each in found if (match := re.search(r"https://engage.example.com(/s/\S+)\?a=9", each["text"]))
    ]


def ask(whole: Whole, at: int) -> None:
    for user in ("ada", "bob"):
        whole.send({"type": "track", "event": "month_over", "userId": user}, at)
    whole.tick(at)


def told(whole: Whole, user: str) -> dict[str, Any]:
    found: dict[str, Any] = whole.installation.look.profile(f"user_id:{user}", whole.clock.now())["traits"]
    return {name: fact["value"] for name, fact in found.items()}


def test_who_is_active_is_asked_first_and_an_answer_is_a_trait_that_the_walk_goes_on_by(whole: Whole) -> None:
    ask(whole, NOON + HOUR)
    asked = {each["profile_id"] for each in whole.attempts()}
    assert asked == {whole.profile_id("user_id:bob")}, "one a day may be asked, and bob was here this week"
    (link,) = links(whole)
    http = Http(Starlette(routes=survey_routes(survey_door(whole.installation))))
    page = http.get(link)
    assert "Wie wahrscheinlich" in page.text
    form = re.search(r'name="form" value="([^"]+)"', page.text)
    assert form is not None
    whole.tick(NOON + 2 * HOUR)
    assert "nps" not in told(whole, "bob")
    sent = {"content-type": "application/x-www-form-urlencoded"}
    for score in ("9", "1"):
        body = urlencode({"form": form[1], "answer": score, "comment": "Ask for Kim"})
        assert http.post(link, content=body, headers=sent).status_code == 200
    whole.tick(NOON + 2 * HOUR)
    assert told(whole, "bob")["nps"] == 9
    ends = {each["profile_id"]: each["end_reason"] for each in whole.enrollments()}
    assert ends[whole.profile_id("user_id:bob")] == "promoter"
    whole.installation.loader(whole.lake).sync()
    (row,) = whole.lake.arrow("SELECT * FROM event_rows WHERE name = 'Survey Answered'").to_pylist()
    assert '"score":9' in row["properties"]
    assert "Kim" not in str(row), "what people write is sealed"


def test_the_gate_asks_nobody_too_often(whole: Whole) -> None:
    ask(whole, NOON + HOUR)
    whole.tick(NOON + 3 * DAY)
    ask(whole, NOON + 10 * DAY)
    whole.tick(NOON + 15 * DAY)
    assert len(links(whole)) == 2
    refused = [each for each in whole.decisions() if '"cap_reached"' in each["reasons"]]
    assert len(refused) == 2
