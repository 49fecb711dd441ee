"""What messages need of other files: their channel, their purpose, what places may say, when they are useful."""

from pathlib import Path

import pytest

from fieldfare.decide.journeys.definition import Send
from fieldfare.ground.instants import HOUR
from tests.decide.flow.starter import load_changed, starter_files

TEMPLATE = "templates/extra.yaml"
CHANNELS = (
    "channels:\n  email: {driver: capture}\n  desk: {driver: task}\n  sms:\n    driver: twilio\n"
    "    account_sid: AC00000000000000000000000000000000\n    auth_token: ${TWILIO}\n    from_number: '+15550001111'\n"
)
MAIL = "template: extra\nchannel: email\nsubject: Hi\ntext: Hello\n"
SMS = "template: extra\nchannel: sms\ntext: '{{ brand.name }}: hello. STOP to leave'\n"


def errors(folder: Path, more: dict[str, str]) -> list[str]:
    _, problems = load_changed(folder, more={"channels.yaml": CHANNELS, **more})
    return [str(problem) for problem in problems if problem.is_error]


def test_templates_that_their_channel_carries_are_in_order(tmp_path: Path) -> None:
    assert errors(tmp_path, {TEMPLATE: MAIL}) == []
    assert errors(tmp_path, {TEMPLATE: SMS}) == []
    assert errors(tmp_path, {TEMPLATE: MAIL.replace("email", "desk")}) == []


@pytest.mark.parametrize(
    ("template", "place", "word"),
    [
        (SMS + "html: <p>x</p>\n", "extra.yaml:4 html", "plain text only"),
        (SMS + "mjml: <mjml><mj-body></mj-body></mjml>\n", "extra.yaml:4 mjml", "plain text only"),
        (SMS + "fallback: {text: 'x', html: <p>x</p>}\n", "extra.yaml:4 fallback.html", "plain text only"),
        (SMS + "subject: Hi\n", "extra.yaml:4 subject", "no subject"),
        (MAIL.replace("subject: Hi\n", ""), "extra.yaml:1", "subject"),
        (MAIL + "purpose: nothing\n", "extra.yaml:5 purpose", "unknown"),
        (MAIL + "mjml: <mjml><mj-oops/></mjml>\n", "extra.yaml:5 mjml", "`<mj-oops>`"),
        (MAIL + "locales:\n  de: {text: Hallo}\n", "extra.yaml:6 locales.de", "no subject"),
        (MAIL + "locales:\n  german: {text: Hallo, subject: Hi}\n", "extra.yaml:6 locales.german", "no locale"),
        (MAIL + "last_useful: soon\n", "extra.yaml:5 last_useful", "length of time"),
        (MAIL.replace("Hello", "'{{ location.offer }}'"), "extra.yaml:4 text", "`location.offer` is not known"),
        (MAIL.replace("Hello", "'{% block foot %}'"), "extra.yaml:4 text", "no block `foot`"),
        (MAIL + "variables: {offer: {default: abcdef, max_length: 3}}\n", "variables.offer.default", "out of bounds"),
        (MAIL + "variables: {offer: {max_length: no}}\n", "variables.offer.max_length", "no number"),
    ],
)
def test_what_is_wrong_has_its_place(tmp_path: Path, template: str, place: str, word: str) -> None:
    found = errors(tmp_path, {TEMPLATE: template})
    assert any(place in each and word in each for each in found), found


PLACES = starter_files()["locations.yaml"]
OPEN = MAIL + "location_fields: {offer: {default: a week, max_length: 8}}\n"


def with_field(text: str) -> str:
    first = PLACES.index("location:")
    at = PLACES.index("\n", first)
    line = PLACES[first:at]
    if line.rstrip().endswith("}"):
        return PLACES[:at].rstrip("}") + f", fields: {text}" + "}" + PLACES[at:]
    return PLACES[:at] + f"\n    fields: {text}" + PLACES[at:]


@pytest.mark.parametrize(
    ("template", "fields", "word"),
    [
        (OPEN, "{offer: a month}", None),
        (OPEN, "{offer: a month and a day}", "The brand allows 8"),
        (OPEN.replace("max_length: 8", "locked: true"), "{offer: a month}", "is locked in templates/extra.yaml"),
    ],
)
def test_a_place_stays_inside_what_the_brand_allows(
    tmp_path: Path, template: str, fields: str, word: str | None
) -> None:
    found = errors(tmp_path, {TEMPLATE: template, "locations.yaml": with_field(fields)})
    assert any(word in each for each in found) if word else found == []


def test_a_send_for_another_purpose_is_told(tmp_path: Path) -> None:
    _, problems = load_changed(
        tmp_path, ("templates/win-back.yaml", "channel: email\n", "channel: email\npurpose: transactional\n")
    )
    assert any("written for the purpose `transactional`" in str(problem) for problem in problems if problem.is_error)


def test_the_last_useful_moment_is_handed_to_the_proposal(tmp_path: Path) -> None:
    change = ("templates/win-back.yaml", "channel: email\n", "channel: email\nlast_useful: 4 hours\n")
    workspace, problems = load_changed(tmp_path, change)
    assert workspace is not None, problems
    sends = [step for step in workspace.journeys["win-back"].steps.values() if isinstance(step, Send)]
    assert {step.expires_us for step in sends if step.template == "win-back"} == {4 * HOUR}


def test_links_need_an_address_that_customers_reach(tmp_path: Path) -> None:
    workspace, problems = load_changed(
        tmp_path,
        more={"workspace.yaml": starter_files()["workspace.yaml"] + "\nlinks: {domain: 'http://go.example.com'}\n"},
    )
    assert workspace is None
    assert any("without https" in str(problem) for problem in problems)
