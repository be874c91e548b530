"""A UDP proxy that makes a link between an SNMP client and an agent slow and lossy.

``python -m activation.simulator.udp_proxy --listen-port 0 --target-port 1161 --latency-ms 50``.
What happens to a datagram is drawn from a seed, so a run can be repeated; times on the wire cannot.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine, Sequence
from random import Random
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from activation.simulator.datagrams import RESPONSE, SET_REQUEST, read_head
from activation.simulator.reading import ValueWrong, convert, decimal_number, whole_number

CLIENTS_MAX: Final = 512
"""Sockets kept towards the agent; the one that has been silent longest makes room."""

Probability = Annotated[float, Meta(ge=0, le=1)]
Address = tuple[str, int]


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the link does to datagrams."""

    latency_ms: Annotated[float, Meta(ge=0, le=60_000)] = 0.0
    """Added to a round trip: half on the way there, half on the way back."""
    loss: Probability = 0.0
    duplicate: Probability = 0.0
    seed: int = 0
    drop_replies_after_set: Annotated[int, Meta(ge=0)] = 0
    """How many answers to a SET are lost; the SETs themselves arrive."""


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Where the proxy listens and where the agent does."""

    listen_port: Annotated[int, Meta(ge=0, le=65_535)]
    target_port: Annotated[int, Meta(ge=1, le=65_535)]


class Link:
    """Decides how often and when a datagram arrives; holds no socket and no clock."""

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._random = Random(settings.seed)  # noqa: S311  a simulation, not a secret
        self._replies_to_drop = settings.drop_replies_after_set

    def carry(self) -> tuple[float, ...]:
        """Give the delay in seconds of each copy that arrives; none is a loss."""
        # Both are drawn every time, so that one setting does not shift the other's outcomes.
        lost = self._random.random() < self._settings.loss
        twice = self._random.random() < self._settings.duplicate
        delay_s = self._settings.latency_ms / 2000
        return () if lost else (delay_s,) * (2 if twice else 1)

    def drops_reply(self, *, answers_set: bool) -> bool:
        """Say whether this answer is one of those to SETs that are to be lost."""
        if not answers_set or not self._replies_to_drop:
            return False
        self._replies_to_drop -= 1
        return True


class _Upstream(asyncio.DatagramProtocol):
    """The socket towards the agent that stands for one client."""

    def __init__(self, proxy: "UdpProxy", client: Address) -> None:
        self._proxy = proxy
        self._client = client
        self._sets: set[int] = set()
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def send(self, datagram: bytes) -> None:
        head = read_head(datagram)
        if head is not None and head.kind == SET_REQUEST:
            self._sets.add(head.request_id)
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(datagram)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002  asyncio's signature
        head = read_head(data)
        answers_set = head is not None and head.kind == RESPONSE and head.request_id in self._sets
        if not self._proxy.link.drops_reply(answers_set=answers_set):
            self._proxy.send_back(data, self._client)

    def error_received(self, exc: Exception) -> None:
        """The agent's port is closed: to the client that is silence."""


class UdpProxy(asyncio.DatagramProtocol):
    """Carries datagrams between any number of clients and one agent."""

    def __init__(self, link: Link, target: Address, *, clients_max: int) -> None:
        self.link = link
        self._clients_max = clients_max
        self._target = target
        self._upstreams: OrderedDict[Address, asyncio.Task[_Upstream]] = OrderedDict()
        self._under_way: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Take the listening socket over."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Carry a client's datagram to the agent."""
        for delay_s in self.link.carry():
            self._start(self._send_there(data, addr, delay_s))

    def send_back(self, data: bytes, client: Address) -> None:
        """Carry the agent's datagram to the client it is for."""
        for delay_s in self.link.carry():
            self._start(self._send_back(data, client, delay_s))

    async def close(self) -> None:
        """Close every socket; what is on the way is lost."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for upstream in self._upstreams.values():
            _close(upstream)
        if self._transport is not None:
            self._transport.close()

    def _start(self, carrying: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(carrying)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send_there(self, data: bytes, client: Address, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        (await self._upstream(client)).send(data)

    async def _send_back(self, data: bytes, client: Address, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        if self._transport is not None:
            self._transport.sendto(data, client)

    async def _upstream(self, client: Address) -> _Upstream:
        if client not in self._upstreams:
            opening = asyncio.get_running_loop().create_task(self._open(client))
            self._upstreams[client] = opening
        self._upstreams.move_to_end(client)
        if len(self._upstreams) > self._clients_max:
            _close(self._upstreams.popitem(last=False)[1])
        return await self._upstreams[client]

    async def _open(self, client: Address) -> _Upstream:
        _, upstream = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Upstream(self, client), remote_addr=self._target
        )
        return upstream


def _close(opening: asyncio.Task[_Upstream]) -> None:
    if not opening.done():
        opening.cancel()
    elif not opening.cancelled() and opening.exception() is None:
        transport = opening.result().transport
        if transport is not None:
            transport.close()


@contextlib.asynccontextmanager
async def carry_between(
    settings: LinkSettings, *, listen: Address, target: Address, clients_max: int = CLIENTS_MAX
) -> AsyncGenerator[int]:
    """Run the proxy while the context is open; gives the port that it listens on.

    Raises:
        OSError: the port is taken.
    """
    transport, proxy = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: UdpProxy(Link(settings), target, clients_max=clients_max), local_addr=listen
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        await proxy.close()


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT: 0, or 1 where the port cannot be had, 2 for wrong input."""
    parsed = _parser().parse_args(arguments)
    values = vars(parsed)
    try:
        settings = convert(
            {name: values[name] for name in LinkSettings.__struct_fields__}, LinkSettings
        )
        ends = convert({name: values[name] for name in Ends.__struct_fields__}, Ends)
    except ValueWrong as error:
        return _fail(f"the link cannot be made so: {error}", 2)
    listen, target = ("127.0.0.1", ends.listen_port), ("127.0.0.1", ends.target_port)
    try:
        asyncio.run(_run_until_stopped(settings, listen, target))
    except OSError as error:
        return _fail(f"the proxy cannot start: {error}; choose another --listen-port", 1)
    return 0


async def _run_until_stopped(settings: LinkSettings, listen: Address, target: Address) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with carry_between(settings, listen=listen, target=target) as port:
        ready = {"ready": True, "listen_port": port, "pid": os.getpid()}
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m activation.simulator.udp_proxy",
        description="carry SNMP between a client and an agent over a slow and lossy link",
    )
    parser.add_argument(
        "--listen-port", type=whole_number, default=0, help="UDP port; 0 picks a free one"
    )
    parser.add_argument(
        "--target-port", type=whole_number, required=True, help="UDP port of the agent"
    )
    parser.add_argument(
        "--latency-ms", type=decimal_number, default=0.0, help="added to each round trip"
    )
    parser.add_argument(
        "--loss", type=decimal_number, default=0.0, help="share of datagrams lost, 0 to 1"
    )
    parser.add_argument(
        "--duplicate", type=decimal_number, default=0.0, help="share that arrive twice"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, help="draws the same outcomes again"
    )
    parser.add_argument(
        "--drop-replies-after-set",
        type=whole_number,
        default=0,
        help="how many answers to SETs to lose",
    )
    return parser


def _fail(message: str, status: int) -> int:
    sys.stderr.write(message + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
