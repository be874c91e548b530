"""A mail server that delivers nowhere: it writes a line for each mail and keeps its text beside it.

``python -m server.demo.mail_sink --port 0 --log FILE``; the first line on standard output is JSON
and says the port.
"""

import argparse
import asyncio
import email
import email.policy
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP

from server.acts import utc_now


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail that arrived."""

    at: datetime
    to: str
    message_id: str
    subject: str
    text: str


class Sink:
    """What aiosmtpd calls when a mail has come in whole."""

    def __init__(self, log: Path) -> None:
        self._stream = log.open("ab", buffering=0)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802  the name and the types are aiosmtpd's
        """Write the mail down, then accept it."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(("plain",))
        mail = Mail(
            at=utc_now(),
            to=str(message["To"]),
            message_id=str(message["Message-ID"]).strip(),
            subject=str(message["Subject"]),
            text="" if body is None else str(body.get_content()),
        )
        self._stream.write(msgspec.json.encode(mail) + b"\n")
        return "250 written down"


async def serve(port: int, log: Path) -> None:
    """Take mail on 127.0.0.1 until a signal ends it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stopped.set)
    sink = Sink(log)

    def greet() -> SMTP:
        return SMTP(sink, hostname="localhost", enable_SMTPUTF8=True)

    server = await loop.create_server(greet, "127.0.0.1", port)
    async with server:
        ready = {"ready": True, "port": server.sockets[0].getsockname()[1], "pid": os.getpid()}
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        await stopped.wait()


def main(arguments: Sequence[str]) -> int:
    """Run until stopped."""
    parser = argparse.ArgumentParser(prog="python -m server.demo.mail_sink", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--log", type=Path, required=True, help="file for one JSON line per mail")
    parsed = parser.parse_args(arguments)
    asyncio.run(serve(parsed.port, parsed.log))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
