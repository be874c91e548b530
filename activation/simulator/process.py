"""The simulator as a process: sockets, signals and the clock around the pure parts."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime

import uvicorn
from litestar import Litestar

from activation.simulator.agent import Agent
from activation.simulator.control import build_control
from activation.simulator.events import EventLog
from activation.simulator.exchange import Exchange
from activation.simulator.model import Olt
from activation.simulator.records import Event
from activation.simulator.scenario import Scenario
from activation.simulator.settings import Ready, Settings
from activation.simulator.traps import TrapSender, open_sender


class Ticker:
    """Wakes the exchange at the instants at which it has something to tell."""

    def __init__(self, exchange: Exchange, now: Callable[[], datetime]) -> None:
        self._exchange = exchange
        self._now = now
        self._timer: asyncio.TimerHandle | None = None

    def rearm(self) -> None:
        """Tell what is due, and set the timer for what comes next."""
        self.stop()
        self._exchange.settle()
        due_at = self._exchange.due_at()
        if due_at is not None:
            wait_s = max(0.0, (due_at - self._now()).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.rearm)

    def stop(self) -> None:
        """Set the timer off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Power:
    """Starts the agent, and starts it and the OLT anew on the same socket, one boot later."""

    def __init__(
        self, exchange: Exchange, scenario: Scenario, listener: socket.socket, boots: int
    ) -> None:
        self._exchange = exchange
        self._scenario = scenario
        self._listener = listener
        self._boots = boots
        self._agent: Agent | None = None
        self._turn = asyncio.Lock()

    async def on(self) -> None:
        """Answer from now on."""
        self._agent = Agent(
            self._exchange,
            read_community=self._scenario.read_community,
            write_community=self._scenario.write_community,
            users=self._scenario.users,
            boots=self._boots,
        )
        await self._agent.start(self._listener.dup())

    async def restart(self) -> None:
        """Lose what was not saved, and let v3 see one boot more and a clock at its beginning."""
        async with self._turn:
            self._stop()
            self._exchange.restart()
            self._boots += 1
            await self.on()

    def off(self) -> None:
        """Stop answering for good."""
        self._stop()
        self._listener.close()

    def _stop(self) -> None:
        if self._agent is not None:
            self._agent.stop()


class _Server(uvicorn.Server):
    """Leaves the signals to this module, which has an agent to stop as well."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def simulate(
    scenario: Scenario, settings: Settings, *, now: Callable[[], datetime]
) -> AsyncGenerator[Ready]:
    """Run a simulated OLT while the context is open.

    Raises:
        OSError: a port is taken, or the log cannot be written.
    """
    with (
        EventLog(settings.log) as log,
        contextlib.ExitStack() as stack,
        contextlib.closing(
            _bound(settings.host, settings.control_port, socket.SOCK_STREAM)
        ) as control_socket,
    ):
        snmp_socket = _bound(settings.host, settings.snmp_port, socket.SOCK_DGRAM)
        ready = Ready(
            snmp_port=snmp_socket.getsockname()[1],
            control_port=control_socket.getsockname()[1],
            pid=os.getpid(),
        )
        ready_at = now()
        record = log.record
        if settings.trap_port:
            record = _telling(scenario, settings, log, ready_at, stack)
        olt = Olt(scenario, started_at=ready_at, record=record)
        exchange = Exchange(olt, now=now, record=record)
        ticker = Ticker(exchange, now)
        exchange.on_change = ticker.rearm
        boots = int(ready_at.timestamp()) % 2**31
        power = _Power(exchange, scenario, snmp_socket, boots)
        await power.on()
        control = build_control(exchange, log, now, power.restart)
        log.record(Event(at=now(), event="simulator.started"))
        try:
            async with _serving(uvicorn_config(control), control_socket):
                yield ready
        finally:
            ticker.stop()
            power.off()
            log.record(Event(at=now(), event="simulator.stopped"))


def _telling(
    scenario: Scenario,
    settings: Settings,
    log: EventLog,
    started: datetime,
    stack: contextlib.ExitStack,
) -> Callable[[Event], None]:
    """Make what records an event and tells the manager of it."""
    way, send = open_sender(settings.trap_host, settings.trap_port)
    stack.enter_context(way)
    sender = TrapSender(scenario.vendor, send, community=scenario.read_community, started=started)

    def record(event: Event) -> None:
        log.record(event)
        sender.tell(event)

    return record


def uvicorn_config(control: Litestar) -> uvicorn.Config:
    """Configure the control API's server: quiet, and quick to stop."""
    return uvicorn.Config(
        control,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


@contextlib.asynccontextmanager
async def _serving(config: uvicorn.Config, listener: socket.socket) -> AsyncGenerator[None]:
    """Serve on a listening socket; a client that comes early waits in the socket's queue."""
    listener.listen(128)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    listener = socket.socket(socket.AF_INET, kind)
    if kind is socket.SOCK_STREAM:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, TypeError) as error:  # TypeError: the name has no form in which to look it up
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "no name of a host"
        raise OSError(f"{host!r} port {port}: {reason}") from error
    listener.settimeout(0)
    return listener


async def run_until_stopped(
    scenario: Scenario,
    settings: Settings,
    *,
    now: Callable[[], datetime],
    announce: Callable[[Ready], None],
) -> None:
    """Run a simulated OLT until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulate(scenario, settings, now=now) as ready:
        # Thousands of rows that stay: each full collection would walk over all of them.
        gc.collect()
        gc.freeze()
        announce(ready)
        await stop.wait()
