"""``fieldfare users``: a team is let in, changed, kept out; tokens; policy; nothing secret is told twice."""

from pathlib import Path

import pytest

from fieldfare.trust.access.model import Role
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


def test_a_team_is_let_in_changed_and_kept_out(shell: Shell) -> None:
    assert "/set-up#" in shell("users", "set-up")
    told = shell("users", "invite", "Kim", "--role", "owner", "--display-name", "Kim Lee", "--by", "ada")
    assert "/set-up#" in told
    assert "set_up_done" in shell("users", "set-up", code=2)
    assert "user_exists" in shell("users", "invite", "kim", "--role", "viewer", code=2)
    assert "user_name" in shell("users", "invite", "not a name", "--role", "viewer", code=2)
    shell("users", "invite", "lee", "--role", "viewer")
    assert "analyst, marketer" in shell("users", "change", "lee", "--role", "marketer", "--role", "analyst")
    assert "owner_last" in shell("users", "disable", "kim", code=2)
    shell("users", "disable", "lee")
    users = {each["name"]: each for each in shell.json("users", "list")}
    assert (users["lee"]["roles"], users["lee"]["is_disabled"]) == ([Role.ANALYST, Role.MARKETER], True)
    assert "may sign in" in shell("users", "enable", "lee")
    assert "/set-up#" in shell("users", "link", "lee")
    assert "no second factor" in shell("users", "reset-second-factor", "lee")
    assert "ended: 0" in shell("users", "end-sessions", "lee")
    assert "user_unknown" in shell("users", "link", "nobody", code=2)
    acts = [(each["actor"], each["act"]) for each in shell.json("users", "acts")]
    assert ("ada", "user_invited") in acts
    assert acts[-1] == ("ada", "user_invited"), "the newest comes first"


def test_tokens(shell: Shell) -> None:
    told = shell("users", "token", "report", "--scope", "see", "--lasts", "30 days")
    secret = next(line for line in told.splitlines() if line.startswith("fft_"))
    (token,) = shell.json("users", "tokens")
    assert (token["name"], token["scopes"]) == ("report", ["see"])
    assert secret not in str(token)
    assert "hash" not in token
    assert "no more" in shell("users", "revoke", token["id"])
    assert "token_unknown" in shell("users", "revoke", token["id"], code=2)
    assert "token_invalid" in shell("users", "token", "x", "--scope", "see", "--lasts", "900 days", code=2)
    assert "span_unreadable" in shell("users", "token", "x", "--scope", "see", "--lasts", "long", code=2)


def test_how_people_sign_in(shell: Shell) -> None:
    assert "second factor: none" in shell("users", "policy")
    told = shell("users", "policy", "--second-factor", "owner", "--idle", "30 minutes", "--longest", "1 day")
    assert "second factor: owner" in told
    assert "0.5 h without use, 24 h after" in told
    assert "policy_invalid" in shell("users", "policy", "--idle", "2 days", code=2)
    assert "No provider" in shell("users", "oidc")
    given = ("--issuer", "https://id.example/", "--client-id", "f", "--roles-claim", "groups", "--role", "a=marketer")
    assert "https://id.example/ vouches for users as f; roles by claim: a: marketer" in shell("users", "oidc", *given)
    assert "user_roles" in shell("users", "oidc", "--issuer", "x", "--role", "a=king", code=2)
    assert "No provider" in shell("users", "oidc", "--remove")
    assert "second factor: none" in shell("users", "policy", "--no-second-factor")
