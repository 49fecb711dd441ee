"""The commands about messages, over a folder and through a server's answers alike."""

from typing import Any

import pytest
from typer.testing import CliRunner

from fieldfare.cli.ask_messages import RemoteMailbox, RemoteTemplates
from fieldfare.cli.main import build_app
from fieldfare.flow.captured import MailboxFilter
from fieldfare.flow.trait_answers import Reveal
from tests.scenarios.people import NOON
from tests.scenarios.test_messages import CLUB, WORKSPACE
from tests.scenarios.whole import opened


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("commands")
    for name, text in WORKSPACE.items():
        (folder / "workspace" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "workspace" / name).write_text(text)
    with opened(folder / "data", NOON, folder / "workspace") as made:
        traits = {"email": "ada@example.com", "first_name": "Ada"}
        made.send({"type": "identify", "userId": "ada", "context": {"traits": traits}}, NOON)
        made.tick(NOON)
        made.send({"type": "track", "event": "membership_activated", "userId": "ada", **CLUB}, NOON + 1)
        made.tick(NOON + 1)
    return ["--workspace", str(folder / "workspace"), "--data", str(folder / "data")]


@pytest.fixture
def run(places: list[str]) -> Any:
    def call(*words: str) -> tuple[int, str]:
        done = CliRunner(env={"FIELDFARE_WRITE_KEY": "k", "COLUMNS": "200"}).invoke(
            build_app(words[0]), [*words, *places]
        )
        told = str(done.exception) if done.exception is not None else ""
        return done.exit_code, done.output + told

    return call


def test_list_check_and_preview(run: Any) -> None:
    assert "welcome" in run("templates", "list")[1]
    code, told = run("templates", "check", "hello")
    assert (code, "1 people of all profiles: 1 rendered" in told) == (0, True), told
    code, told = run("templates", "preview", "hello", "--profile", "user_id:ada")
    assert (code, "Welcome <first_name>" in told, "Ada" in told) == (0, True, False)
    shown = ("--reveal", "--actor", "kim", "--reason", "a complaint")
    assert "Welcome Ada" in run("templates", "preview", "hello", "--profile", "user_id:ada", *shown)[1]


def test_the_mailbox(run: Any) -> None:
    assert "to ada@example.com" in run("captured", "--address", "email:ada@example.com")[1]
    assert "No captured message fits" in run("captured", "--text", "nothing like it")[1]
    assert '"is_more": true' in run("captured", "--last", "1", "--json")[1]


class Server:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __call__(self, method: str, path: str, **arguments: Any) -> Any:
        self.asked.append((method, path, arguments.get("params")))
        return {}


def test_a_running_server_is_asked_by_the_names_of_its_api() -> None:
    server = Server()
    RemoteTemplates(server).check("a b", 7)
    RemoteTemplates(server).preview("a/b", "user_id:x", "de", None, Reveal("kim", "why"))
    RemoteMailbox(server).search(MailboxFilter(first="2026-01-01", words="x"))
    assert server.asked == [
        ("GET", "/api/v1/templates/check", {"sample": 7, "template": "a b"}),
        (
            "GET",
            "/api/v1/templates/a%2Fb/preview",
            {"profile": "user_id:x", "locale": "de", "reveal": True, "actor": "kim", "reason": "why"},
        ),
        ("GET", "/api/v1/captured", {"from": "2026-01-01", "words": "x", "limit": 20}),
    ]
