"""Waking those who wait for a commit: within the process, and between processes on PostgreSQL.

A signal says only that a topic has moved; whoever wakes reads the database. Lost or doubled signals
do no harm, because every waiter also looks at its own pace.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncGenerator, Iterable
from typing import Final

import psycopg
import sqlalchemy as sa
import structlog

CHANNEL: Final = "firstlight"
GATHERED_S: Final = 0.025
"""Commits that follow within so little are told in one message."""


class Signals:
    """Topics and the event-loop waiters subscribed to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[str, set[_Waiter]] = {}

    def notify(self, topics: Iterable[str]) -> None:
        """Wake the subscribers of these topics; callable from any thread."""
        with self._lock:
            woken = {waiter for topic in topics for waiter in self._waiters.get(topic, ())}
        for waiter in woken:
            waiter.wake()

    @contextlib.asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncGenerator[asyncio.Event]:
        """Give an event that is set when one of the topics moves; the subscriber clears it."""
        waiter = _Waiter()
        with self._lock:
            for topic in topics:
                self._waiters.setdefault(topic, set()).add(waiter)
        try:
            yield waiter.event
        finally:
            with self._lock:
                for topic in topics:
                    self._waiters[topic].discard(waiter)
                    if not self._waiters[topic]:
                        del self._waiters[topic]


class _Waiter:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(self.event.set)


class PostgresRelay:
    """Carries topics between server processes over LISTEN and NOTIFY."""

    def __init__(self, url: sa.URL, signals: Signals) -> None:
        self._url = url
        self._signals = signals
        self._stopped = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)
        self._sending = threading.Thread(target=self._send, name="signals-out", daemon=True)
        self._topics: queue.SimpleQueue[frozenset[str] | None] = queue.SimpleQueue()
        self._sender: psycopg.Connection | None = None
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Begin to listen; returns once the server has confirmed it."""
        self._thread.start()
        self._sending.start()
        self._listening.wait(timeout=10)

    def publish(self, topics: frozenset[str]) -> None:
        """Send topics to every process, this one included; returns before they are sent."""
        self._topics.put(topics)

    def stop(self) -> None:
        """Send what waits, end listening and close the connections."""
        self._stopped.set()
        self._topics.put(None)
        for thread in (self._sending, self._thread):
            if thread.is_alive():
                thread.join()
        if self._sender is not None:
            self._sender.close()

    def _send(self) -> None:
        while (topics := self._gathered()) is not None:
            try:
                self._connected_sender().execute(
                    "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic",
                    (CHANNEL, sorted(topics)),
                )
            except psycopg.Error as error:
                # Signals are a courtesy: local waiters are woken, others look at their own pace.
                self._sender = None
                self._log.warning("signals.publish_failed", error=repr(error))
                self._signals.notify(topics)

    def _gathered(self) -> frozenset[str] | None:
        """Wait for topics; those of commits that follow soon go with them. None: it is over."""
        first = self._topics.get()
        if first is None:
            return None
        self._stopped.wait(GATHERED_S)
        topics = set(first)
        while not self._topics.empty():
            more = self._topics.get()
            if more is None:
                self._topics.put(None)
                break
            topics |= more
        return frozenset(topics)

    def _connected_sender(self) -> psycopg.Connection:
        if self._sender is None or self._sender.closed:
            self._sender = psycopg.connect(self._dsn(), autocommit=True)
        return self._sender

    def _dsn(self) -> str:
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with psycopg.connect(self._dsn(), autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")  # pyright: ignore[reportArgumentType]  a constant name
                    self._listening.set()
                    self._relay(connection)
            except psycopg.Error as error:
                self._log.warning("signals.listen_failed", error=repr(error))
                self._stopped.wait(timeout=1)

    def _relay(self, connection: psycopg.Connection) -> None:
        while not self._stopped.is_set():
            for notification in connection.notifies(timeout=0.2):
                self._signals.notify([notification.payload])
