"""Square: the example that its documentation publishes, and that the address is signed too."""

from tests.decide.collect.sources.requests import posted, verified

BODY = b'{"hello":"world"}'
URL = "https://example.com/webhook"
SIGNATURE = "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og="


def test_the_published_example_verifies() -> None:
    request = posted(BODY, x_square_hmacsha256_signature=SIGNATURE)
    assert verified("square", request, "asdf1234", url=URL) is None
    assert verified("square", request, "asdf1234", url=URL + "/") is not None
    assert verified("square", request, "asdf1235", url=URL) is not None
