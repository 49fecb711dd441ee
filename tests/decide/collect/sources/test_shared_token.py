"""Tokens: where they may stand."""

import base64
from typing import Any

import pytest

from fieldfare.collect.model import Posted
from tests.decide.collect.sources.requests import posted, verified

BASIC = "Basic " + base64.b64encode(b"anybody:s3cret").decode()
USER = "Basic " + base64.b64encode(b"s3cret:").decode()


@pytest.mark.parametrize(
    ("request_", "more", "is_taken"),
    [
        (posted(authorization="Bearer s3cret"), {}, True),
        (posted(authorization="bearer  s3cret"), {}, True),
        (posted(authorization=BASIC), {}, True),
        (posted(authorization=USER), {}, True),
        (posted(authorization="s3cret"), {}, False),
        (posted(authorization="Digest s3cret"), {}, False),
        (posted(authorization="Bearer s3cret2"), {}, False),
        (posted(x_token="s3cret"), {"header": "x-token"}, True),
        (posted(x_token="s3cret"), {}, False),
        (posted(query="a=1&token=s3cret"), {"query": "token"}, True),
        (posted(query="token=wrong&token=s3cret"), {"query": "token"}, True),
        (posted(query="token=s3cre%74"), {"query": "token"}, True),
        (posted(query="token="), {"query": "token"}, False),
        (posted(query="&".join(["x=1"] * 500)), {"query": "token"}, False),
        (posted(query="token=s3cret"), {"header": "x-token"}, False),
        (posted(authorization="Bearer s3cret"), {"query": "token"}, False),
    ],
)
def test_a_token_stands_in_its_place(request_: Posted, more: dict[str, Any], is_taken: bool) -> None:
    assert (verified("token", request_, "s3cret", **more) is None) is is_taken
