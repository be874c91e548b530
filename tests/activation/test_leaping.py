"""A loop that leaps to its next timer, and never past a datagram that is there."""

import asyncio
import time
from typing import cast

from activation.conformance.leaping import LeapingLoop


def test_an_hour_without_an_answer_takes_no_hour() -> None:
    async def wait() -> float:
        loop = asyncio.get_running_loop()
        before_s = loop.time()
        silence: asyncio.Future[bytes] = loop.create_future()
        await asyncio.wait({silence}, timeout=3600)
        return loop.time() - before_s

    began_s = time.monotonic()
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        assert runner.run(wait()) >= 3600
    assert time.monotonic() - began_s < 60


class Echo(asyncio.DatagramProtocol):
    """Sends each datagram back, after the slowest thing that a machine may do meanwhile."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        sum(range(1_000_000))
        self._transport.sendto(data, addr)


class Hearing(asyncio.DatagramProtocol):
    """Waits for one datagram."""

    def __init__(self) -> None:
        self.heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  asyncio's
        self.heard.set_result(data)


def test_an_answer_on_loopback_comes_before_any_time_out() -> None:
    async def ask() -> bytes:
        loop = asyncio.get_running_loop()
        server, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        where = server.get_extra_info("sockname")
        client, hearing = await loop.create_datagram_endpoint(Hearing, remote_addr=where)
        client.sendto(b"here")
        try:
            return await asyncio.wait_for(hearing.heard, timeout=0.001)
        finally:
            client.close()
            server.close()

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        assert runner.run(ask()) == b"here"
