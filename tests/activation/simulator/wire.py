"""An agent on a real socket around an exchange whose clock the test moves."""

import contextlib
import socket
from collections.abc import AsyncGenerator

from activation.simulator.agent import Agent
from activation.simulator.exchange import Exchange


def bound() -> socket.socket:
    """Open a UDP socket on a free port of loopback."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    listener.settimeout(0)
    return listener


@contextlib.asynccontextmanager
async def serving(exchange: Exchange) -> AsyncGenerator[int]:
    """Answer SNMP while the context is open; gives the UDP port."""
    listener = bound()
    agent = Agent(exchange, read_community="public", write_community="private")
    await agent.start(listener)
    try:
        yield listener.getsockname()[1]
    finally:
        agent.stop()
