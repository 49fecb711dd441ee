"""The built console as a browser gets it: its page, assets that never change, what is not served, no console at all."""

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from fieldfare.web.console_files import FOREVER, ConsoleFiles, takes_gzip

PAGE = {"accept": "text/html,*/*", "accept-encoding": "gzip"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "console"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><div id=root></div>")
    (built / "assets" / "main-1a2b.js").write_text("console.log(1)" * 200)
    (built / "fieldfare.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return built


def ask(folder: Path, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
    app = ConsoleFiles(PlainTextResponse("the application", 418), folder)

    async def once() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            client.headers["accept-encoding"] = "identity"
            return await client.request(method, path, headers=PAGE if headers is None else headers)

    return asyncio.run(once())


@pytest.mark.parametrize("path", ["/", "/profiles/7", "/set-up", "/audiences/lapsed/edit"])
def test_every_page_of_the_console_is_the_one_page(folder: Path, path: str) -> None:
    answer = ask(folder, path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><div id=root></div>")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert ask(folder, path, headers={**PAGE, "if-none-match": answer.headers["etag"]}).status_code == 304


def test_hashed_assets_are_kept_for_ever_and_sent_small(folder: Path) -> None:
    answer = ask(folder, "/assets/main-1a2b.js")
    assert (answer.headers["cache-control"], answer.headers["content-encoding"]) == (FOREVER, "gzip")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == "console.log(1)" * 200
    plain = ask(folder, "/assets/main-1a2b.js", headers={"accept": "*/*", "accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) < len(plain.content)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/v1/status", "GET"),
        ("/healthz", "GET"),
        ("/u/abc", "GET"),
        ("/.well-known/jwks.json", "GET"),
        ("/profiles/7", "POST"),
        ("/assets/gone-9z9z.js", "GET"),
    ],
)
def test_what_is_not_the_consoles_goes_on(folder: Path, path: str, method: str) -> None:
    assert ask(folder, path, method).status_code == 418


def test_what_asks_for_no_page_goes_on(folder: Path) -> None:
    assert ask(folder, "/profiles/7", headers={"accept": "application/json"}).status_code == 418


@pytest.mark.parametrize("path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd"])
def test_nothing_outside_of_the_folder_is_served(folder: Path, path: str) -> None:
    assert "secret" not in ask(folder, path).text


@pytest.mark.parametrize("path", ["/%00", "/" + "a" * 300, "/assets/%00"])
def test_what_no_file_can_be_called_is_no_file(folder: Path, path: str) -> None:
    assert ask(folder, path).status_code in {200, 418}


def test_without_a_console_a_page_says_how_to_build_it(tmp_path: Path) -> None:
    answer = ask(tmp_path / "nothing", "/")
    assert "make console" in answer.text
    assert ask(tmp_path / "nothing", "/profiles").status_code == 503


@given(st.text(max_size=30))
def test_any_accept_encoding_is_read(told: str) -> None:
    assert takes_gzip(told) in {True, False}


@pytest.mark.parametrize(
    ("told", "takes"), [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("", False)]
)
def test_who_takes_gzip(told: str, takes: bool) -> None:
    assert takes_gzip(told) is takes
