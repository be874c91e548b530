"""Run the sample receiver on 127.0.0.1: ``python -m billing_bridge.receiver --port 9700 …``.

The first line on standard output is JSON, ``{"ready": true, "port": …}``, once it can answer.
"""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from standardwebhooks import Webhook

from billing_bridge.errors import SecretUnusable
from billing_bridge.receiver.app import build_app
from billing_bridge.receiver.journal import Journal, JournalUnreadable
from billing_bridge.webhooks import WebhookSecret

_OK: Final = 0
_FAILED: Final = 1
_WRONG_INPUT: Final = 2
_HOST: Final = "127.0.0.1"
_PORT_MAX: Final = 65_535


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line that says where the receiver listens."""

    ready: bool = True
    port: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; 1 when the port or file cannot be had, 2 for wrong input."""
    options = _parser().parse_args(arguments)
    try:
        webhook = _webhook(options.secret_env)
        journal = Journal(options.log)
    except (SecretUnusable, JournalUnreadable) as error:
        return _complain(str(error), _WRONG_INPUT)
    except OSError as error:
        return _complain(f"the log {options.log} cannot be opened: {error.strerror}", _FAILED)
    try:
        listener = socket.create_server((_HOST, options.port))
    except OSError as error:
        return _complain(f"port {options.port} cannot be listened on: {error.strerror}", _FAILED)
    _serve(webhook, journal, listener)
    return _OK


def _serve(webhook: Webhook, journal: Journal, listener: socket.socket) -> None:
    port = int(listener.getsockname()[1])

    def say_ready() -> None:
        # The socket listens already, so whoever reads this may connect at once.
        sys.stdout.write(msgspec.json.encode(Ready(port=port)).decode() + "\n")
        sys.stdout.flush()

    config = uvicorn.Config(
        build_app(webhook, journal, on_ready=say_ready),
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _webhook(secret_env: str) -> Webhook:
    text = os.environ.get(secret_env, "")
    if not text:
        raise SecretUnusable(f"environment variable {secret_env} is not set; put the secret there")
    return Webhook(WebhookSecret(text).text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m billing_bridge.receiver",
        description="A sample billing system that receives completions as Standard Webhooks. "
        "POST /hooks takes them, GET /seen says what was received.",
    )
    parser.add_argument(
        "--port", type=_port, required=True, help="port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--secret-env",
        metavar="NAME",
        required=True,
        help="name of the environment variable that holds the secret (whsec_ and base64)",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="remember deliveries here, across restarts"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _PORT_MAX):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use 0 to {_PORT_MAX}")
    return int(text)


def _complain(message: str, status: int) -> int:
    sys.stderr.write(f"receiver: {message}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
