"""``fieldfare webhooks``: what is set up, what is shipped, and what a sample would become."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from fieldfare.cli import webhooks
from fieldfare.collect.model import Posted
from tests.cli.test_workspace_commands import call
from tests.decide.collect.sources.samples import mindbody, stripe
from tests.decide.flow.starter import starter_files, write

SOURCES = """
  - name: pay stripe
    webhook: {driver: stripe, secrets: ["${STRIPE_SECRET}"], verification: shadow}
  - name: mb
    webhook: {driver: mindbody, secrets: ["${MINDBODY_KEY}"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = starter_files()
    files["workspace.yaml"] += SOURCES
    files["traits.yaml"] += "  phone: {type: text, sensitivity: precise_location}\n"
    write(tmp_path, files)
    return tmp_path


def sample(folder: Path, payload: Any) -> str:
    path = folder / "sample.json"
    path.write_text(json.dumps(payload))
    return str(path)


def test_sources_are_listed_with_their_addresses(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = call(capsys, "webhooks", "list", "--workspace", str(folder), "--json")
    assert code == 0
    assert json.loads(out)[0] == {
        "source": "pay stripe",
        "address": "/v1/webhooks/pay%20stripe",
        "driver": "stripe",
        "mapping": "stripe",
        "verification": "shadow",
        "unmapped": "ignore",
    }
    table = call(capsys, "webhooks", "list", "--workspace", str(folder))[1]
    assert "/v1/webhooks/mb" in table


def test_none_are_listed_with_advice(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write(tmp_path, starter_files())
    assert "No source has a webhook" in call(capsys, "webhooks", "list", "--workspace", str(tmp_path))[1]


def test_a_shipped_mapping_can_be_copied_and_changed(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert call(capsys, "webhooks", "show")[1].split() == ["consent", "mindbody", "shopify", "square", "stripe"]
    text = call(capsys, "webhooks", "show", "mindbody")[1]
    write(folder, {"webhooks/mindbody.yaml": text.replace("event: account_closed", "event: no_show")})
    assert call(capsys, "validate", str(folder))[0] == 0
    body = sample(folder, mindbody("client.deactivated"))
    out = call(capsys, "webhooks", "try", "mb", body, "--workspace", str(folder), "--json")[1]
    assert json.loads(out)["events"][0]["event"] == "no_show"
    code, _, err = call(capsys, "webhooks", "show", "minbody")
    assert (code, "[webhook_mapping_unknown]" in err) == (2, True)


def test_a_sample_is_shown_as_it_would_be(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    payload = stripe("customer.created", email="a@example.com", phone="+49 30 1")
    out = call(capsys, "webhooks", "try", "pay stripe", sample(folder, payload), "--workspace", str(folder), "--json")[
        1
    ]
    told = json.loads(out)
    assert [event["event"] for event in told["events"]] == ["identify", "Signed Up"]
    assert told["events"][0]["traits"] == {"email": "a@example.com"}
    assert (told["removed"], told["ignored"], told["signature"]) == ({"phone": 1}, 0, None)
    assert not (folder / ".fieldfare").exists()


def test_the_table_counts(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    body = sample(folder, mindbody("client.deactivated", clientId=None))
    out = call(capsys, "webhooks", "try", "mindbody", body, "--workspace", str(folder))[1]
    assert "0 events, 1 dead letters, 0 left out" in out
    assert '"dead_letter": "unmapped"' in out
    ignored = sample(folder, mindbody("site.updated"))
    assert (
        "0 events, 0 dead letters, 1 left out"
        in call(capsys, "webhooks", "try", "mb", ignored, "--workspace", str(folder))[1]
    )


def test_a_signature_is_looked_at_when_the_secret_is_there(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    body = sample(folder, mindbody("client.deactivated"))
    raw = Path(body).read_bytes()
    digest = hmac.new(b"key", raw, hashlib.sha256).digest()
    header = "X-Mindbody-Signature: sha256=" + base64.b64encode(digest).decode()
    words = ("webhooks", "try", "mb", body, "--workspace", str(folder), "--header", header)
    assert "signature:" not in call(capsys, *words)[1], "its variable is not set here"
    posted = Posted("mb", "", webhooks._headers([header]), raw, 0)
    told = {}
    for key in ("key", "other"):
        found, is_set_up = webhooks._open(webhooks._load(folder), "mb", {"MINDBODY_KEY": key})
        assert is_set_up
        told[key] = webhooks._signature(found, posted)
    assert told["key"] == "fits"
    assert told["other"].startswith("signature_differs: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nobody", "SAMPLE"), "webhook_unknown"),
        (("app", "SAMPLE"), "webhook_unknown"),
        (("mb", "SAMPLE", "--header", "nonsense"), "header_invalid"),
        (("mb", "missing.json"), "system"),
    ],
)
def test_what_is_wrong_is_told(
    capsys: pytest.CaptureFixture[str], folder: Path, words: tuple[str, ...], code: str
) -> None:
    body = sample(folder, {})
    given = [body if word == "SAMPLE" else word for word in words]
    exit_code, _, err = call(capsys, "webhooks", "try", *given, "--workspace", str(folder))
    assert exit_code != 0
    assert f"[{code}]" in err


def test_a_broken_mapping_names_file_line_and_key(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = "webhook: desk\nuser_id: who\nevents:\n  - event: check_in\n    fields:\n      n: {path: a..b}\n"
    write(folder, {"webhooks/desk.yaml": text})
    code, out, _ = call(capsys, "validate", str(folder))
    assert code == 1
    assert "webhooks/desk.yaml:6 events[0].fields.n.path: `a..b` is not a path" in out.replace("`a..b` Is", "`a..b` is")


def test_a_mapping_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = (folder / "workspace.yaml").read_text()
    write(folder, {"workspace.yaml": text.replace("driver: mindbody,", "driver: mindbody, mapping: mindbdy,")})
    code, out, _ = call(capsys, "validate", str(folder))
    assert code == 1
    assert "Did you mean `mindbody`?" in out


def test_a_source_needs_a_key_or_a_webhook(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = (folder / "workspace.yaml").read_text()
    write(folder, {"workspace.yaml": text + "  - name: silent\n"})
    out = call(capsys, "validate", str(folder))[1]
    assert "the source `silent` can send nothing" in out.lower()
    literal = text.replace('"${MINDBODY_KEY}"', "hunter2")
    write(folder, {"workspace.yaml": literal})
    out = call(capsys, "validate", str(folder))[1]
    assert "hunter2" not in out
    assert "secrets" in out
