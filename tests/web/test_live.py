"""Live events: what a listener hears, what it must not, resuming, and that nothing is read while nobody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fieldfare.ground.errors import TransientError
from fieldfare.trust.access.model import Caller, CallerKind, Permission
from fieldfare.web.live import Live, Topic

SEES = Caller(CallerKind.USER, "kim", frozenset({Permission.SEE}))
ALL = Caller(CallerKind.USER, "lee", frozenset(Permission))


class Numbers:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.value = self.reads = 0

    def read(self) -> dict[str, int]:
        self.reads += 1
        return {"value": self.value}


async def yes() -> bool:
    return True


async def heard(stream: AsyncIterator[bytes], count: int) -> list[tuple[str, str, bytes]]:
    """Return the next events as (id, topic, data), comments left out."""
    found: list[tuple[str, str, bytes]] = []
    while len(found) < count:
        block = await asyncio.wait_for(anext(stream), 10)
        if block.startswith(b"id: "):
            place, topic, data = block.decode().strip().split("\n")
            found.append((place[4:], topic[7:], data[6:].encode()))
    return found


def run(story: Callable[[Live, Numbers, Numbers], Any], **options: Any) -> None:
    async def once() -> None:
        shown, hidden = Numbers(), Numbers()
        topics = {"shown": Topic(Permission.SEE, shown.read), "hidden": Topic(Permission.USERS_MANAGE, hidden.read)}
        await story(Live(topics, period_s=0.001, **options), shown, hidden)

    asyncio.run(once())


def test_a_listener_hears_what_stands_and_then_each_change() -> None:
    async def story(live: Live, shown: Numbers, hidden: Numbers) -> None:
        stream = live.listen(SEES, "", yes)
        assert [each[1:] for each in await heard(stream, 1)] == [("shown", b'{"value":0}')]
        hidden.value, shown.value = 5, 7
        assert [each[1:] for each in await heard(stream, 1)] == [("shown", b'{"value":7}')]
        await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_a_listener_hears_only_what_it_may_see() -> None:
    async def story(live: Live, _shown: Numbers, _hidden: Numbers) -> None:
        stream = live.listen(ALL, "", yes)
        assert {each[1] for each in await heard(stream, 2)} == {"shown", "hidden"}
        await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_a_listener_resumes_after_the_last_event_it_heard() -> None:
    async def story(live: Live, shown: Numbers, _hidden: Numbers) -> None:
        keeps_polling, first = live.listen(ALL, "", yes), live.listen(ALL, "", yes)
        await heard(keeps_polling, 2)
        last = (await heard(first, 2))[-1][0]
        await first.aclose()  # type: ignore[attr-defined]
        shown.value = 3
        assert await heard(keeps_polling, 1)
        resumed = live.listen(ALL, last, yes)
        assert [each[1:] for each in await heard(resumed, 1)] == [("shown", b'{"value":3}')]
        other_start = live.listen(ALL, "ffffffff-9", yes)
        assert len(await heard(other_start, 2)) == 2
        for stream in (keeps_polling, resumed, other_start):
            await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_nothing_is_read_while_nobody_listens() -> None:
    async def story(live: Live, shown: Numbers, _hidden: Numbers) -> None:
        assert shown.reads == 0
        stream = live.listen(SEES, "", yes)
        await heard(stream, 1)
        await stream.aclose()  # type: ignore[attr-defined]
        before = shown.reads
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert shown.reads <= before + 1, "a reading that had begun may end"
        assert live.listeners == 0

    run(story)


def test_so_many_listen_and_no_more() -> None:
    async def story(live: Live, _shown: Numbers, _hidden: Numbers) -> None:
        live.check_room()
        stream = live.listen(SEES, "", yes)
        await heard(stream, 1)
        with pytest.raises(TransientError, match="1 screens listen"):
            live.check_room()
        await stream.aclose()  # type: ignore[attr-defined]
        live.check_room()

    run(story, most=1)


def test_news_without_end_keep_nobody_in() -> None:
    asked = 0

    async def first() -> bool:
        nonlocal asked
        asked += 1
        return False

    async def story(live: Live, shown: Numbers, _hidden: Numbers) -> None:
        async with asyncio.timeout(10):
            async for _ in live.listen(SEES, "", first):
                shown.value += 1
        assert asked == 1

    run(story, heartbeat_s=0.05)


def test_a_topic_that_fails_silences_no_other() -> None:
    async def story(live: Live, shown: Numbers, hidden: Numbers) -> None:
        hidden.value = object()  # type: ignore[assignment] # what no JSON can be made of
        stream = live.listen(ALL, "", yes)
        assert [name for _, name, _ in await heard(stream, 1)] == ["shown"]
        shown.value = 7
        assert [data for _, _, data in await heard(stream, 1)] == [b'{"value":7}']
        await stream.aclose()  # type: ignore[attr-defined]

    run(story)


def test_a_session_that_ended_and_a_server_that_stops_let_listeners_go() -> None:
    async def no() -> bool:
        return False

    async def story(live: Live, _shown: Numbers, _hidden: Numbers) -> None:
        async with asyncio.timeout(10):
            ended = [each async for each in live.listen(SEES, "", no)]
            assert ended[0].startswith(b"retry: "), "it ended, after what it had heard until then"
            stream = live.listen(SEES, "", yes)
            await heard(stream, 1)
            await live.stop()
            assert [each async for each in stream] in ([], [b": still here\n\n"])

    run(story, heartbeat_s=0.01)
