"""The API about people: pages that neither repeat nor skip, masked values, merged ids, search, and clear refusals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token
from fieldfare.assembly.installation import open_answers, open_worker
from fieldfare.ground.instants import DAY, HOUR, MINUTE, to_iso
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles.mask import HIDDEN
from fieldfare.know.profiles.store import reveal
from fieldfare.trust.keys.files import FileKeyStore
from tests.scenarios.people import NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, opened
from tests.web.test_api import Api

MERGED_AT = NOON + 3 * DAY


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Two members; one was a visitor before, and trained thirty times; the other has a name with accents."""
    with opened(tmp_path_factory.mktemp("profiles") / "data", NOON) as made:
        made.send(visits("browser", NOON), NOON)
        made.tick(NOON)
        made.play(joins("ada", NOON + MINUTE, last_name="Lovelace"), NOON + HOUR)
        made.play(joins("zoe", NOON + 2 * HOUR, first_name="Zoë-Anne", last_name="Łukasz"), NOON + 3 * HOUR)
        for number in range(30):
            at = NOON + DAY + number // 3 * HOUR
            made.send(trains("ada", at, spend=number) | {"messageId": f"training-{number}"}, at + number)
            made.tick(at + number)
        made.send(signs_in("ada", "browser", MERGED_AT, membership_tier="basic"), MERGED_AT)
        made.tick(MERGED_AT)
        made.play(joins("kim", MERGED_AT + MINUTE, phone="040 123 456"), MERGED_AT + HOUR)
        made.installation.loader(made.lake).sync()
        yield made


@pytest.fixture(scope="module")
def api(whole: Whole) -> Api:
    app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
    return Api(app, api_token(FileKeyStore(whole.stores.folder / "keys")))


def pages(api: Api, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = api.get(path, params=params | cursor).json()
        yield from page["events"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
def test_pages_hold_every_event_once_the_newest_first(api: Api, limit: int) -> None:
    found = list(pages(api, "/api/v1/profiles/user_id:ada/timeline", limit=limit))
    assert [each["occurred_at"] for each in found] == sorted((each["occurred_at"] for each in found), reverse=True)
    ids = [each["event_id"] for each in found]
    assert len(ids) == len(set(ids)) == 35, "a visit, three to join, thirty trainings, a sign-in"
    assert found[-1]["type"] == "page", "what she did before she was known is hers"


def test_new_events_disturb_no_page_after_the_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("moving") / "data", NOON) as made:
        made.play(joins("ada", NOON), NOON + HOUR)
        app = open_api(made.installation, made.lake, open_worker(made.installation, made.lake))
        api = Api(app, api_token(FileKeyStore(made.stores.folder / "keys")))
        made.installation.loader(made.lake).sync()
        walk = pages(api, "/api/v1/profiles/1/timeline", limit=1)
        seen = [next(walk)["event_id"]]
        made.send(trains("ada", NOON + 2 * HOUR), NOON + 2 * HOUR)
        made.tick(NOON + 2 * HOUR)
        made.installation.loader(made.lake).sync()
        seen += [each["event_id"] for each in walk]
        assert len(seen) == len(set(seen)) == 3


def test_filters(api: Api) -> None:
    path = "/api/v1/profiles/user_id:ada/timeline"
    assert {each["event"] for each in pages(api, path, event="check_in")} == {"check_in"}
    assert {each["type"] for each in pages(api, path, type="identify")} == {"identify"}
    between = {"from": to_iso(NOON + DAY), "to": to_iso(NOON + DAY + 2 * HOUR)}
    assert len(list(pages(api, path, **between))) == 6
    assert list(pages(api, path, event="nothing' OR 1=1 --")) == []


def test_personal_fields_are_named_and_shown_only_to_somebody_who_signs(api: Api, whole: Whole) -> None:
    path = "/api/v1/profiles/user_id:ada/timeline"
    told = api.get(path, params={"type": "identify"})
    assert "ada@example.com" not in told.text
    assert "Lovelace" not in told.text
    assert told.json()["events"][-1]["sealed"]["email"] == HIDDEN
    for missing in ({"actor": "front desk", "reason": "  "}, {"reason": "a call"}):
        refused = api.get(path, params={"reveal": True, **missing})
        assert (refused.status_code, refused.json()["code"]) == (400, "reveal_unsigned")
    assert whole.rows(reveal) == []
    signed = {"reveal": True, "actor": "front desk", "reason": "a call"}
    shown = api.get(path, params={"type": "identify", **signed})
    assert shown.json()["events"][-1]["sealed"]["email"] == "ada@example.com"
    recorded = whole.rows(reveal, "seq", "at")
    assert recorded == [{"actor": "front desk", "reason": "a call", "profile_id": 1, "what": "timeline"}]


def test_reveals_are_told_of_a_person_and_by_who_was_shown_them(api: Api) -> None:
    path, every = "/api/v1/profiles/user_id:{}/{}", "/api/v1/access/reveals"
    for user, what, actor in (("ada", "identities", "mo"), ("zoe", "timeline", "mo"), ("ada", "timeline", "lu")):
        api.get(path.format(user, what), params={"reveal": True, "actor": actor, "reason": f"{actor} asks"})
    zoe = api.get("/api/v1/profiles/user_id:zoe").json()["profile_id"]

    def told(**asked: Any) -> list[tuple[str, str]]:
        return [(each["actor"], each["what"]) for each in api.get(every, params=asked).json()["reveals"]]

    assert told(actor="mo") == [("mo", "timeline"), ("mo", "identities")]
    assert told(profile="user_id:zoe") == [("mo", "timeline")]
    assert told(profile="anonymous_id:browser")[:2] == [("lu", "timeline"), ("mo", "identities")]
    first = api.get(every, params={"limit": 2}).json()
    assert [each["reason"] for each in first["reveals"]] == ["lu asks", "mo asks"]
    assert [each["profile_id"] for each in first["reveals"]] == [1, zoe]
    rest = api.get(every, params={"limit": 500, "cursor": first["next"]}).json()
    assert (rest["reveals"][0]["what"], rest["next"]) == ("identities", None)
    assert api.get(every, params={"profile": "user_id:nobody"}).status_code == 404


def test_a_merged_profile_answers_with_the_one_that_stands(api: Api) -> None:
    standing = api.get("/api/v1/profiles/anonymous_id:browser").json()
    (gone,) = standing["merged_from"]
    for what in ("", "/timeline", "/identities"):
        answer = api.get(f"/api/v1/profiles/{gone}{what}", params={"limit": 5} if what == "/timeline" else {})
        assert answer.status_code == 301
        assert answer.json()["profile_id"] == standing["profile_id"]
        assert answer.json()["code"] == "profile_moved"
        followed = api.get(answer.headers["location"])
        assert followed.status_code == 200
        assert followed.json()["profile_id"] == standing["profile_id"]
    assert "limit=5" in api.get(f"/api/v1/profiles/{gone}/timeline", params={"limit": 5}).headers["location"]


def test_an_identifier_may_hold_slashes(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("club.de/ada", NOON, email="ada@example.com"), NOON + HOUR)
        app = open_api(made.installation, made.lake, open_worker(made.installation, made.lake))
        api = Api(app, api_token(FileKeyStore(made.stores.folder / "keys")))
        made.installation.loader(made.lake).sync()
        for told in ("user_id:club.de%2Fada", "user_id:club.de/ada"):
            for what in ("", "/timeline", "/identities", "/canonical", "/traits/first_name", "/why-not"):
                answer = api.get(f"/api/v1/profiles/{told}{what}")
                assert answer.status_code == 200, (told, what, answer.text)
                assert "profile_id" not in answer.json() or answer.json()["profile_id"] == 1
        (found,) = api.get("/api/v1/profiles/search", params={"q": "user_id:club.de/ada"}).json()["profiles"]
        assert found["profile_id"] == 1
        gone = api.ask(
            "DELETE", "/api/v1/profiles/user_id:club.de%2Fada", params={"actor": "officer", "reason": "request 17"}
        )
        assert gone.json()["profile_ids"] == [1]


def test_a_long_argument_is_cut_where_it_is_quoted(api: Api) -> None:
    long = "user_id:" + "x" * 4_000
    for path in (
        f"/api/v1/profiles/{long}",
        f"/api/v1/profiles/{long}/timeline",
        f"/api/v1/identity/explain?a={long}&b=1",
    ):
        answer = api.get(path)
        assert answer.status_code == 404
        assert len(answer.json()["message"]) < 300
        assert "…` (cut, 4,008 characters)" in answer.json()["message"]


@pytest.mark.parametrize(
    ("act", "more", "code"),
    [
        ("quarantine", {"b": "user_id:zoe"}, "act_field_unused"),
        ("release", {"identifiers": ["user_id:zoe"]}, "act_field_unused"),
        ("split", {"b": "user_id:zoe", "identifiers": ["anonymous_id:browser"]}, "act_field_unused"),
        ("merge", {"b": "user_id:zoe", "identifiers": ["anonymous_id:browser"]}, "act_field_unused"),
        ("merge", {"with": "user_id:zoe"}, "request_invalid"),
    ],
)
def test_an_act_takes_nothing_that_it_has_no_use_for(
    api: Api, whole: Whole, act: str, more: dict[str, Any], code: str
) -> None:
    before = whole.rows(identity_store.act)
    asked = {"act": act, "a": "user_id:ada", "actor": "ann", "reason": "asked at the desk", **more}
    answer = api.ask("POST", "/api/v1/identity/acts", json=asked)
    assert (answer.json()["code"], answer.status_code < 500) == (code, True)
    assert whole.rows(identity_store.act) == before


def test_the_identity_graph(api: Api, whole: Whole) -> None:
    path = "/api/v1/profiles/user_id:ada/identities"
    found = api.get(path).json()
    kinds = sorted(each["kind"] for each in found["identifiers"])
    assert kinds == ["anonymous_id", "email", "user_id"]
    assert {each["value"] for each in found["identifiers"] if each["kind"] == "email"} == {"a•••@•••.com"}
    hashes = {each["hash"] for each in found["identifiers"]}
    assert found["links"]
    assert all(link["a"] in hashes and link["b"] in hashes and link["confidence"] == 100 for link in found["links"])
    assert {link["rule"] for link in found["links"]} == {"email+user_id", "anonymous_id+user_id"}
    assert found["merged_from"]
    shown = api.get(path, params={"reveal": "true", "actor": "privacy officer", "reason": "a request"}).json()
    assert "ada@example.com" in {each["value"] for each in shown["identifiers"]}
    assert whole.rows(reveal, "seq", "at")[-1]["what"] in {"identities", "timeline"}


@pytest.mark.parametrize(
    "text",
    ["zoe-anne", "ZOE", "lukasz kim"[:6], "Łukasz, Zoë", "zoe@example.com", "user_id:zoe", "email:zoe@example.com"],
)
def test_search_finds_whoever_has_all_the_words(api: Api, text: str) -> None:
    expected = api.get("/api/v1/profiles/user_id:zoe").json()["profile_id"]
    found = api.get("/api/v1/profiles/search", params={"q": text}).json()
    assert [each["profile_id"] for each in found["profiles"]] == [expected]
    assert found["cut"] is False
    assert "zoe@" not in repr(found)


@pytest.mark.parametrize("text", ["040 123 456", "(040) 123-456", "+49 40 123456", "0049 40 123456"])
def test_a_number_is_found_as_people_of_the_country_write_it(api: Api, text: str) -> None:
    expected = api.get("/api/v1/profiles/user_id:kim").json()["profile_id"]
    found = api.get("/api/v1/profiles/search", params={"q": text}).json()
    assert [each["profile_id"] for each in found["profiles"]] == [expected]


def test_search_knows_who_does_not_fit(api: Api) -> None:
    for text in ("zoe lovelace", "zo", "nobody@example.com", "+4917012345678"):
        assert api.get("/api/v1/profiles/search", params={"q": text}).json()["profiles"] == []
    by_id = api.get("/api/v1/profiles/search", params={"q": "1"}).json()["profiles"]
    assert [each["profile_id"] for each in by_id] == [1]
    refused = api.get("/api/v1/profiles/search", params={"q": " - "})
    assert (refused.status_code, refused.json()["code"]) == (400, "search_empty")


def who_answers(whole: Whole, text: str) -> list[int]:
    return [
        each["profile_id"] for each in open_answers(whole.installation, whole.lake).profiles.search(text)["profiles"]
    ]


def test_a_name_that_changed_is_found_no_more_and_a_merge_takes_it_along(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("ada", NOON, last_name="Byron"), NOON + HOUR)
        assert who_answers(made, "byron") == [1]
        made.send(signs_in("ada", "one", NOON + 2 * HOUR, last_name="Lovelace"), NOON + 2 * HOUR)
        made.send(visits("two", NOON + 2 * HOUR) | {"context": {"traits": {"name": "Ada King"}}}, NOON + 2 * HOUR)
        made.tick(NOON + 2 * HOUR)
        assert who_answers(made, "king") == [2]
        made.send(signs_in("ada", "two", NOON + 3 * HOUR), NOON + 3 * HOUR)
        made.tick(NOON + 3 * HOUR)
        for _ in range(2):
            assert who_answers(made, "byron") == []
            assert who_answers(made, "kim lovelace") == [1]
            assert who_answers(made, "KING") == [1]
            made.rebuild()


def test_as_it_was(api: Api) -> None:
    path = "/api/v1/profiles/user_id:ada"
    before = api.get(path, params={"as_of": to_iso(MERGED_AT)}).json()
    after = api.get(path, params={"as_of": to_iso(MERGED_AT + 1)}).json()
    assert before["traits"]["membership_tier"]["value"] == "plus"
    assert after["traits"]["membership_tier"]["value"] == "basic"
    assert after["traits"]["membership_tier"]["source_origin"] == "app"
    for spelt in (to_iso(MERGED_AT).replace("T", " "), to_iso(MERGED_AT).replace("Z", " 00:00")):  # a plus in a form
        assert api.get(path, params={"as_of": spelt}).json() == before
    early = api.get("/api/v1/profiles/user_id:zoe", params={"as_of": to_iso(NOON)})
    assert (early.status_code, early.json()["code"]) == (404, "profile_not_yet")


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/api/v1/profiles/user_id:nobody", {}, 404, "profile_unknown"),
        ("/api/v1/profiles/999/timeline", {}, 404, "profile_unknown"),
        ("/api/v1/profiles/999/identities", {}, 404, "profile_unknown"),
        ("/api/v1/profiles/1", {"as_of": "yesterday"}, 400, "as_of_invalid"),
        ("/api/v1/profiles/1", {"as_of": ""}, 400, "as_of_invalid"),
        ("/api/v1/profiles/1", {"as_of": "0001-01-01T00:00:00Z"}, 400, "as_of_invalid"),
        ("/api/v1/profiles/1", {"as_of": "9999-12-31T23:59:59-14:00"}, 400, "as_of_invalid"),
        ("/api/v1/profiles/1", {"as_of": "2099-01-01T00:00:00Z"}, 400, "as_of_invalid"),
        ("/api/v1/profiles/1/timeline", {"cursor": "1; DROP"}, 400, "cursor_invalid"),
        ("/api/v1/profiles/1/timeline", {"from": "soon"}, 400, "span_invalid"),
    ],
)
def test_refusals_say_what_to_do(api: Api, path: str, params: dict[str, str], status: int, code: str) -> None:
    answer = api.get(path, params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].count(".") >= 2


def test_planted_a_page_that_repeats_is_seen(api: Api) -> None:
    def stuck() -> list[str]:
        first = api.get("/api/v1/profiles/user_id:ada/timeline", params={"limit": 2}).json()
        return [each["event_id"] for each in (*first["events"], *first["events"])]

    ids = stuck()
    assert len(ids) != len(set(ids))
