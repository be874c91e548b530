"""Live streams: what they send, and that they end."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from litestar.exceptions import ServiceUnavailableException
from litestar.response.sse import ServerSentEventMessage

from server.console.live import Fragments, LiveStreams
from server.database.signals import Signals

Stream = AsyncGenerator[ServerSentEventMessage, None]


class Shown:
    """What a page would render, and how often it was asked."""

    def __init__(self, **fragments: str) -> None:
        self.fragments: Fragments | None = fragments

    async def render(self) -> Fragments | None:
        return self.fragments


async def next_of(stream: Stream) -> ServerSentEventMessage:
    async with asyncio.timeout(10):
        return await anext(stream)


@pytest.fixture
def signals() -> Signals:
    return Signals()


async def test_a_stream_begins_with_everything_and_then_sends_what_changed(
    signals: Signals,
) -> None:
    shown = Shown(state="assigned", timeline="one line")
    stream = LiveStreams(signals).follow("job:1", render=shown.render)
    first = [await next_of(stream), await next_of(stream)]
    assert {message.event: message.data for message in first} == shown.fragments

    waiting = asyncio.ensure_future(anext(stream))
    shown.fragments = {"state": "assigned", "timeline": "two lines"}
    await settle()
    signals.notify(["job:2"])
    await settle()
    assert not waiting.done()
    signals.notify(["job:1"])

    message = await asyncio.wait_for(waiting, 10)
    assert (message.event, message.data) == ("timeline", "two lines")
    # One signal is one round: the stream then waits again instead of turning on the spot.
    waiting = asyncio.ensure_future(anext(stream))
    await settle()
    assert not waiting.done()
    waiting.cancel()


async def test_a_commit_between_reading_and_waiting_is_not_missed(signals: Signals) -> None:
    shown = Shown(timeline="one line")

    async def render() -> Fragments:
        now = shown.fragments or {}
        if shown.fragments == {"timeline": "one line"}:
            shown.fragments = {"timeline": "two lines"}
            signals.notify(["job:1"])
            await settle()
        return now

    stream = LiveStreams(signals).follow("job:1", render=render)

    assert (await next_of(stream)).data == "one line"
    assert (await next_of(stream)).data == "two lines"
    await stream.aclose()


async def test_a_quiet_stream_pings_and_finds_what_no_signal_told(signals: Signals) -> None:
    shown = Shown(timeline="one line")
    stream = LiveStreams(signals, ping_s=0.01).follow("job:1", render=shown.render)
    await next_of(stream)

    ping = await next_of(stream)
    assert (ping.comment, ping.data) == ("ping", None)
    assert ping.encode() == b": ping\r\n\r\n"
    shown.fragments = {"timeline": "two lines"}
    while (message := await next_of(stream)).comment:
        pass
    assert message.data == "two lines"
    await stream.aclose()


async def test_a_stream_ends_when_its_visitor_may_not_see_it_any_longer(signals: Signals) -> None:
    shown = Shown(timeline="one line")
    streams = LiveStreams(signals)
    stream = streams.follow("job:1", "session:1", render=shown.render)
    await next_of(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await settle()

    shown.fragments = None
    signals.notify(["session:1"])

    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(waiting, 10)
    assert streams.open == 0


async def test_ending_ends_every_stream_and_lets_none_begin(signals: Signals) -> None:
    streams = LiveStreams(signals)
    open_streams = [streams.follow(f"job:{n}", render=Shown(timeline="x").render) for n in range(5)]
    for stream in open_streams:
        await next_of(stream)
    waiting = [asyncio.ensure_future(anext(stream)) for stream in open_streams]
    await settle()
    assert streams.open == 5

    await asyncio.to_thread(streams.end)

    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, StopAsyncIteration) for outcome in outcomes)
    assert streams.open == 0
    with pytest.raises(ServiceUnavailableException):
        streams.require_room()


async def test_one_stream_too_many_is_told_to_come_back(signals: Signals) -> None:
    streams = LiveStreams(signals, streams_max=1)
    stream = streams.follow("job:1", render=Shown(timeline="x").render)
    streams.require_room()
    await next_of(stream)

    with pytest.raises(ServiceUnavailableException) as refused:
        streams.require_room()

    assert refused.value.headers == {"Retry-After": "10"}
    await stream.aclose()
    streams.require_room()


async def settle() -> None:
    """Let everything run that can run now."""
    for _ in range(10):
        await asyncio.sleep(0)
