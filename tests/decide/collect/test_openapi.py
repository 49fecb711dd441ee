"""The description says exactly what the tables say."""

from fieldfare.collect.openapi import describe
from fieldfare.collect.paths import PAGES, REFUSALS, WEBHOOK, call_paths


def test_every_path_is_described_once() -> None:
    told = describe()
    assert told["openapi"] == "3.1.0"
    assert told["paths"].keys() == call_paths().keys() | {page.path for page in PAGES} | {WEBHOOK}
    names = [call["operationId"] for path in told["paths"].values() for call in path.values()]
    assert len(set(names)) == len(names)


def test_every_refusal_of_a_call_is_described_with_its_status() -> None:
    answers = describe()["paths"]["/v1/batch"]["post"]["responses"]
    for code, refusal in REFUSALS.items():
        told = answers.get(str(refusal.status), {"description": ""})["description"]
        assert (f"`{code}`" in told) == refusal.on_call
    assert set(answers["429"]["headers"]) == {"Retry-After", "X-RateLimit-Reset"}
    assert "Retry-After" in answers["503"]["headers"]


def test_a_batch_is_described_by_what_a_call_is() -> None:
    schemas = describe()["components"]["schemas"]
    kinds = [item["properties"]["type"]["const"] for item in schemas["batch"]["properties"]["batch"]["items"]["anyOf"]]
    assert sorted(kinds) == sorted(schemas.keys() - {"batch", "refusal"})
