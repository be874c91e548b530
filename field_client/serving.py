"""``firstlight field serve``: the local agent on 127.0.0.1, until it is stopped."""

import argparse
import secrets
import socket
import sys

import msgspec
import uvicorn

from field_client import pin_command
from field_client.app import build_app
from field_client.browser_door import BrowserDoor
from field_client.safety.vault import open_vault
from field_client.settings import Settings
from field_client.storage import Disk


async def serve(settings: Settings, args: argparse.Namespace) -> None:
    """Serve on 127.0.0.1; the first line on standard output says where and with which token.

    A tablet with a PIN serves its lock, unless the PIN comes on standard input.
    """
    token = secrets.token_urlsafe(32)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by connections; else each answer may wait 40 ms for a held-back acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(("127.0.0.1", settings.port))
        listener.listen()
        port = listener.getsockname()[1]
        async with open_vault(settings) as vault:
            if args.pin_stdin:
                await pin_command.unlock(vault, args)
            door = BrowserDoor(settings.key_folder, Disk())
            config = uvicorn.Config(
                build_app(vault, token, door),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
            )
            launch = door.launch_url(f"127.0.0.1:{port}")
            print_line({"ready": True, "port": port, "token": token, "launch": launch})
            await uvicorn.Server(config).serve(sockets=[listener])


def print_line(value: object) -> None:
    """Write one line of JSON at once; a parent process waits for it."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()
