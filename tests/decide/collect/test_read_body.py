"""Reading bodies: whole or not at all, and never more in memory than the bound."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fieldfare.collect.read_body import BodyReader, ClientGoneError
from fieldfare.collect.wire import Limits
from fieldfare.ground.errors import CallerError, TransientError

LIMITS = Limits(body_bytes=100, reading_bytes=150)


def sender(*chunks: bytes, leaves: bool = False) -> Callable[[], Awaitable[Any]]:
    """Return what a server hands over for a body in these pieces; one that leaves never finishes."""
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if not leaves:
        waiting[-1]["more_body"] = False

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    return receive


def read(reader: BodyReader, receive: Callable[[], Awaitable[Any]], length: bytes | None = None) -> bytes:
    headers = {} if length is None else {b"content-length": length}
    return asyncio.run(reader.read(receive, headers))


@pytest.mark.parametrize("chunks", [[b"whole"], [b"wh", b"ole"], [b"", b"whole", b""], [b"w", b"h", b"o", b"l", b"e"]])
def test_a_body_is_read_whole(chunks: list[bytes]) -> None:
    reader = BodyReader(LIMITS)
    assert read(reader, sender(*chunks)) == b"whole"
    assert reader.held == 0


@pytest.mark.parametrize(
    ("chunks", "length"),
    [([b"x"], b"101"), ([b"x" * 60, b"x" * 41], None), ([b"x"], b"9" * 5_000), ([b"x" * 101, b""], b"")],
)
def test_a_large_body_is_refused_as_soon_as_it_shows(chunks: list[bytes], length: bytes | None) -> None:
    reader = BodyReader(LIMITS)
    with pytest.raises(CallerError) as refused:
        read(reader, sender(*chunks), length)
    assert refused.value.code == "body_too_large"
    assert reader.held == 0


@pytest.mark.parametrize("chunks", [[], [b"half"]])
def test_who_leaves_leaves_nothing(chunks: list[bytes]) -> None:
    reader = BodyReader(LIMITS)
    with pytest.raises(ClientGoneError):
        read(reader, sender(*chunks, leaves=True))
    assert reader.held == 0


def test_beyond_the_bound_of_all_together_a_large_body_waits_and_a_small_one_does_not() -> None:
    reader = BodyReader(LIMITS)

    async def both() -> None:
        go_on, begun = asyncio.Event(), asyncio.Event()
        pieces: list[dict[str, Any]] = [{"body": b"x" * 90, "more_body": True}, {"body": b"x"}]

        async def slow() -> Any:
            if len(pieces) == 1:
                begun.set()
                await go_on.wait()
            return {"type": "http.request", **pieces.pop(0)}

        held = asyncio.create_task(reader.read(slow, {}))
        await begun.wait()
        assert reader.held == 90
        with pytest.raises(TransientError) as refused:
            await reader.read(sender(b"x" * 70, b"x"), {})
        assert refused.value.code == "door_busy"
        assert await reader.read(sender(b"x" * 99), {}) == b"x" * 99
        go_on.set()
        assert len(await held) == 91

    asyncio.run(both())
    assert reader.held == 0
