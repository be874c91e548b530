"""Who is told: the billing receiver and the mail sink, each asked for what it saw."""

import socket
from pathlib import Path

import httpx
import msgspec

from server.demo.children import Child, Household
from server.demo.mail_sink import Mail


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver says that it saw."""

    deliveries: int
    distinct_events: int
    signature_verified: int
    rejected: int
    events: tuple[str, ...]


class Receiver:
    """The sample billing system."""

    def __init__(
        self, household: Household, name: str, secret: str, held: socket.socket | None = None
    ) -> None:
        self._household = household
        self._name = name
        self._secret = secret
        self._held = held
        self.port: int = 0 if held is None else held.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it takes webhooks."""
        return f"http://127.0.0.1:{self.port}/hooks"

    async def start(self) -> Child:
        """Start it; until then its port, if one is held, refuses connections."""
        if self._held is not None:
            self._held.close()
        child = await self._household.start(
            self._name,
            [
                "billing_bridge.receiver",
                *("--port", str(self.port)),
                *("--secret-env", "DEMO_WEBHOOK_SECRET"),
            ],
            environ={"DEMO_WEBHOOK_SECRET": self._secret},
        )
        self.port = child.ready["port"]
        return child

    async def seen(self) -> Seen:
        """Ask what it has received so far."""
        async with httpx.AsyncClient(timeout=10) as http:
            answer = (await http.get(f"http://127.0.0.1:{self.port}/seen")).raise_for_status()
        return msgspec.json.decode(answer.content, type=Seen)


class Post:
    """The mail sink and what it wrote down."""

    def __init__(self, child: Child, log: Path) -> None:
        self.port: int = child.ready["port"]
        self.log = log

    def mails(self, notification_id: object = None) -> tuple[Mail, ...]:
        """Read the mails so far: all, or those of one notification."""
        if not self.log.exists():
            return ()
        lines = self.log.read_bytes().splitlines()
        mails = tuple(msgspec.json.decode(line, type=Mail) for line in lines)
        if notification_id is None:
            return mails
        return tuple(mail for mail in mails if f"<{notification_id}@" in mail.message_id)


def hold_port() -> socket.socket:
    """Keep a port on which nobody listens: who connects is refused, and nobody else gets it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.bind(("127.0.0.1", 0))
    return held
