"""An operator's server without its sockets and loops: what is due is run in turn, on one clock.

The OLT, the mail box and the billing receiver outlive the server, which may die at any commit and
is opened again over the same database.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from activation.snmp import Credentials, SnmpSession, SnmpSettings
from server.acts import Act
from server.database import Connection, Store
from server.database.writer import Boundary, Probe
from server.due_loop import IN_HAND_MAX, DueWork
from server.fulfilment import leases
from server.fulfilment.leases import LeaseTerms
from server.fulfilment.network import Network
from server.fulfilment.runner import ProcessRunner
from server.invoices import deliveries
from server.invoices.deliveries import Deliverer
from server.notifications import outbox
from server.notifications.sending import SEND_S_MAX, Sender
from server.session_sources.sources import SessionSources
from server.settings import MailSettings, Secret, SnmpCredentials
from tests.server.factories import Clock, act
from tests.server.olt import TIMEOUT_S, TownOlt, TownSession

LEASE: Final = timedelta(seconds=30)
GRACE: Final = timedelta(seconds=TIMEOUT_S)
RECEIVER: Final = "http://127.0.0.1:9/hooks"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_QUIET_ROUNDS_MAX: Final = 500


def by_act(_db: Connection, act: Act) -> datetime:
    """Let leases begin and end by the clock of the test."""
    return act.now


class Died(RuntimeError):
    """The server was ended at a commit boundary; nothing of it runs any more."""


class Mortality:
    """Ends a server at one boundary: from then on nothing is committed."""

    def __init__(self, at: Boundary | None = None) -> None:
        self.at = at
        self.seen: list[Boundary] = []
        self.dead = False

    def __call__(self, boundary: Boundary) -> None:
        self.seen.append(boundary)
        if self.dead or boundary == self.at:
            self.dead = True
            raise Died(f"{boundary.side} commit {boundary.number}")


class Outside(msgspec.Struct, kw_only=True):
    """What the operator's server talks to and cannot take with it."""

    clock: Clock
    olt: TownOlt
    other_olts: dict[str, TownOlt] = {}
    """By the host under which the plant knows them; every other host is ``olt``."""
    hooks: list[str] = []
    """The ids of the webhooks that arrived, repeats included."""
    mails: list[str] = []
    """The Message-IDs of the mails that arrived, repeats included."""
    smtp_port: int = 0
    mail_answers: dict[str, list[str]] = {}
    """What the mail server answers to ``RCPT``, ``MAIL`` and ``DATA`` before it takes anything."""
    receiver_status: int = 200

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802  aiosmtpd's
        if refusal := self._refusal("DATA"):
            return refusal
        self.mails.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return "250 taken"

    async def handle_MAIL(  # noqa: N802  aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._refusal("MAIL") or "250 go on"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if refusal := self._refusal("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 go on"

    def _refusal(self, command: str) -> str | None:
        answers = self.mail_answers.get(command)
        return answers.pop(0) if answers else None

    def receive(self, request: httpx.Request) -> httpx.Response:
        self.hooks.append(request.headers["webhook-id"])
        return httpx.Response(self.receiver_status, stream=httpx.ByteStream(b""))


@contextlib.asynccontextmanager
async def outside(clock: Clock, olt: TownOlt) -> AsyncGenerator[Outside]:
    """Open a mail box on a real socket; the OLT and the receiver answer in this process."""
    found = Outside(clock=clock, olt=olt)
    loop = asyncio.get_running_loop()
    listening = socket.create_server(("127.0.0.1", 0))
    server = await loop.create_server(
        lambda: SMTP(found, hostname="mail.town", loop=loop), sock=listening
    )
    found.smtp_port = listening.getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()


class Operator:
    """One life of the server's background work."""

    def __init__(
        self,
        store: Store,
        world: Outside,
        *,
        owner: str = "worker-1",
        random: float = 0.0,
        sources: SessionSources | None = None,
    ) -> None:
        self.store = store
        self.clock = world.clock
        self.world = world

        def open_session(
            host: str,
            _port: int,
            _who: Credentials,
            _how: SnmpSettings,
            *,
            may_write: Callable[[], bool],
        ) -> SnmpSession:
            return TownSession(world.other_olts.get(host, world.olt), permitted=may_write)

        credentials = SnmpCredentials(Secret("town-read"), Secret("town-write"))
        self.network = Network(
            {"town": credentials},
            timeout_ms=int(TIMEOUT_S * 1000),
            monotonic=lambda: world.clock().timestamp(),
            open_session=open_session,
        )
        self.terms = LeaseTerms(owner=owner, lease=LEASE, grace=GRACE, read_now=by_act)
        self.runner = ProcessRunner(
            store,
            self.network,
            self.terms,
            operator_slug="stadtnetz",
            clock=self.clock,
            random=lambda: random,
            sources=sources,
        )
        client = httpx.AsyncClient(transport=httpx.MockTransport(world.receive))
        self.deliverer = Deliverer(
            store, client, {"billing": Secret(SECRET)}, clock=self.clock, random=lambda: random
        )
        self.sender = self.sender_to(world.smtp_port)

    def sender_to(self, port: int, *, limit_s: float = SEND_S_MAX) -> Sender:
        """Make a sender for the mail server at a port."""
        return Sender(
            self.store,
            MailSettings(port=port, timeout_s=2),
            operator_name="Stadtnetz",
            clock=self.clock,
            random=lambda: 0.0,
            limit_s=limit_s,
        )

    async def start(self) -> None:
        """Take over what a dead process left, as the server does where there is only one."""
        if not self.store.is_postgres:
            begun = act(self.clock())
            await self.store.write(leases.reclaim, act=begun)
            await self.store.write(deliveries.hurry, act=begun)
            await self.store.write(outbox.hurry, act=begun)

    def works(self) -> Sequence[DueWork[Any]]:
        return (self.runner.work(), self.deliverer.work(), self.sender.work())

    async def run_due(self) -> bool:
        """Do once what is due now; say whether there was anything."""
        busy = False
        for work in self.works():
            due_at = await self.store.read(work.next_due_at)
            if due_at is None or due_at > self.clock():
                continue
            for item in await work.take(IN_HAND_MAX):
                busy = True
                in_turn = item
                while in_turn is not None:
                    handled = await work.handle(in_turn)
                    in_turn = None if handled is None else handled.next
        return busy

    async def settle(self, *, within_s: float = 600) -> None:
        """Run until nothing becomes due any more within so many seconds of the clock."""
        end = self.clock() + timedelta(seconds=within_s)
        for _ in range(_QUIET_ROUNDS_MAX):
            if await self.run_due():
                continue
            dues = [await self.store.read(work.next_due_at) for work in self.works()]
            next_at = min((due for due in dues if due is not None), default=None)
            if next_at is None or next_at > end:
                return
            # Due and not taken: a lane or the grace after a lease is in the way for a while.
            self.clock.now = max(next_at, self.clock() + timedelta(milliseconds=500))
        raise AssertionError("the server is never at rest")


def add_endpoint(store: Store) -> UUID:
    """Let the completion feed be pushed to the receiver."""
    return store.write_now(deliveries.add_endpoint, RECEIVER, "billing", act=act())


@contextlib.contextmanager
def opened(url: str, probe: Probe | None = None) -> Generator[Store]:
    """Open a database for one life of a server."""
    store = Store(url, probe=probe)
    try:
        yield store
    finally:
        store.close()
