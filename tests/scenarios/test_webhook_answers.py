"""What another system answers to a webhook step sets traits that the step allows, and the walk goes on by them."""

import os
from pathlib import Path

from fieldfare.assembly.installation import Installation
from fieldfare.ground.instants import MINUTE
from tests.contracts.channels import SECRET, WebhookPlace
from tests.scenarios.people import NOON
from tests.scenarios.whole import ENVIRON, opened

WORKSPACE = {
    "workspace.yaml": """
name: linden
time_zone: Europe/Berlin
currency: EUR
public_url: https://engage.example.com
brand: {name: Linden Studio, postal_address: 1 Linden Street, from_email: hello@linden.example.com}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}", verifies: [email]}]
""",
    "consent.yaml": "purposes: {service: {description: d, consent: not_required}}\n",
    "traits.yaml": "traits: {score: {type: number}, plan: {type: text}}\n",
    "templates/ask.yaml": "template: ask\nchannel: scorer\ntext: Score this person\n",
    "journeys/score.yaml": """
journey: score
entry: {event: joined}
purpose: service
writes: [score]
steps:
  - webhook: {channel: scorer, template: ask, answers: [score]}
  - wait: {event: Message Sent, where: {template: ask}, timeout: 1 hour}
  - branch:
      when: {trait: score, above: 5}
      then: [exit: high]
      else: [exit: low]
""",
    "journeys/ring.yaml": """
journey: ring
entry: {event: identify, reentry: always}
purpose: service
writes: [score]
steps: [webhook: {channel: scorer, template: ask, answers: [score]}]
""",
}
CHANNELS = "channels:\n  scorer: {driver: webhook, address: profile, url: 'URL', secret: '${SCORER_SECRET}'}\n"


def test_an_answer_sets_traits_and_a_ring_of_answers_ends(tmp_path: Path) -> None:
    with WebhookPlace(tmp_path) as place:
        place.answer = b'{"traits": {"score": 7, "plan": "stolen"}}'
        url = f"http://127.0.0.1:{place.server.server_port}/score"
        for name, text in (WORKSPACE | {"channels.yaml": CHANNELS.replace("URL", url)}).items():
            (tmp_path / "workspace" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "workspace" / name).write_text(text)
        environ = dict(os.environ) | ENVIRON | {"SCORER_SECRET": SECRET}
        with opened(tmp_path / "data", NOON, tmp_path / "workspace", environ=environ) as whole:
            whole.installation = Installation(whole.workspace, whole.stores, whole.clock)
            whole.send({"type": "track", "event": "joined", "userId": "ada"}, NOON)
            whole.tick(NOON + MINUTE)
            walks = [each for each in whole.enrollments() if each["journey"] == "score"]
            assert [each["status"] for each in walks] == ["exited"]
            told = whole.installation.look.profile("user_id:ada", whole.clock.now())["traits"]
            assert {name: fact["value"] for name, fact in told.items()} == {"score": 7}
            rings = [each for each in whole.enrollments() if each["journey"] == "ring"]
            assert 1 <= len(rings) <= 9, "each answer lets the ring begin anew until too many followed each other"
            assert len(place.requests) == len(rings) + 1
