"""``firstlight serve`` and ``firstlight worker``: the processes that run an installation."""

import argparse
import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from server import interpreter, logs, process_lock, settings
from server.app import build_app
from server.background import background
from server.backups import beside
from server.console.live import LiveStreams
from server.console.routes import console_routes
from server.console.stopping import StoppingServer
from server.database import Store
from server.database.engines import parse_url
from server.opened import opened_url
from server.rehearsal import crash_probe
from server.routes import api_routes
from server.settings import Settings, SettingsUnusable
from server.settings_checks import require_usable
from server.sync.blob_store import FolderBlobStore

_SERVE = """\
Serve the console, the API and the sync of tablets, and drive the fulfilment. Run firstlight migrate
first. One process serves a SQLite database; on PostgreSQL any number may run side by side.
"""
_WORKER = """\
Drive the fulfilment without serving anything: for more throughput beside servers on PostgreSQL, or
for a server that runs with run_processes = false.
"""


class _Ready(msgspec.Struct, frozen=True):
    """The line that tells whoever started the process that it answers, and where."""

    ready: bool
    port: int
    pid: int


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``serve`` to the command line."""
    parser = subparsers.add_parser(
        "serve",
        help="run the server",
        description=_SERVE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run_server)


def add_worker_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``worker`` to the command line."""
    parser = subparsers.add_parser(
        "worker",
        help="drive the fulfilment beside a server",
        description=_WORKER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run_worker)


def run_server(args: argparse.Namespace) -> int:
    """Serve until a signal ends it.

    Raises:
        SettingsUnusable: nothing is served; the text says which setting is wrong.
        DatabaseUnusable: no such database, or another server has it.
        SchemaOutdated: run firstlight migrate first.
    """
    known = settings.load_installation(args.settings, os.environ)
    allow_connections()
    with _opened(known) as store, take_address(known) as listener:
        streams = LiveStreams(store.signals)
        blob_store = FolderBlobStore(Path(known.blob_folder))
        app = build_app(
            known,
            store,
            routes=(
                api_routes(blob_store, known),
                *console_routes(known, store, streams, blob_store),
            ),
            backgrounds=(
                lambda: beside.noting(store),
                *(((lambda: background(known, store)),) if known.run_processes else ()),
            ),
        )
        server = _AnnouncingServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            ),
            streams,
        )
        interpreter.settle()
        server.run(sockets=[listener])
    return 0


def take_address(known: Settings) -> socket.socket:
    """Take the address before anything starts; uvicorn would end the program in its own words."""
    try:
        found = socket.getaddrinfo(known.host, known.port, type=socket.SOCK_STREAM)
        listener = socket.create_server((known.host, known.port), family=found[0][0], backlog=2048)
    except OSError as error:
        raise SettingsUnusable(
            f"cannot serve on host {known.host!r}, port {known.port}: {error.strerror}; name an "
            "address of this machine and a port that is free"
        ) from error
    # Connections inherit it. asyncio would set it only on sockets that name their protocol, and
    # without it each answer waits up to 40 ms for an acknowledgement that is being held back.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def allow_connections() -> None:
    """Take as many open files as this process may have: each tablet that comes back is one.

    Most systems begin at 1,024 and allow far more to whoever asks.
    """
    _now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system may tell more than it gives
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run_worker(args: argparse.Namespace) -> int:
    """Drive the fulfilment until a signal ends it.

    Raises:
        SettingsUnusable: nothing was opened.
        DatabaseUnusable: no such database, or a server has the SQLite file.
        SchemaOutdated: run firstlight migrate first.
    """
    known = settings.load_installation(args.settings, os.environ)
    with _opened(known) as store:
        interpreter.settle()
        asyncio.run(_work(known, store))
    return 0


async def _work(known: Settings, store: Store) -> None:
    stopped = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, stopped.set)
    async with beside.noting(store), background(known, store):
        _announce(0)
        await stopped.wait()


@contextlib.contextmanager
def _opened(known: Settings) -> Generator[Store]:
    logs.configure(known.log_level)
    require_usable(known)
    url = parse_url(known.database_url)
    with (
        process_lock.held(url),
        opened_url(known.database_url, probe=crash_probe(known.crash_at)) as store,
    ):
        beside.reconcile(store)
        yield store


class _AnnouncingServer(StoppingServer):
    """Says on standard output that it answers, once it does."""

    async def startup(self, sockets: Any = None) -> None:  # noqa: ANN401  as uvicorn has it
        await super().startup(sockets)
        if self.started:
            _announce(self.servers[0].sockets[0].getsockname()[1])


def _announce(port: int) -> None:
    line = msgspec.json.encode(_Ready(ready=True, port=port, pid=os.getpid())).decode()
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
