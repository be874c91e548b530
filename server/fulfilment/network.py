"""The way to the OLTs: one driver per OLT, and a guard that lets no write outlive its lease."""

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta

import msgspec

from activation.driver import OltDriver
from activation.puresnmp_session import PuresnmpSession
from activation.registry import find_driver
from activation.snmp import (
    Answer,
    Binding,
    NotSent,
    Oid,
    SnmpError,
    SnmpSession,
    SnmpSettings,
    V2c,
    Walk,
    Written,
)
from server.acts import Clock
from server.plant.routes import Route
from server.settings import SnmpCredentials


class CredentialsMissing(LookupError):
    """The settings hold no credentials under the name that the OLT's record gives."""


class Lease(msgspec.Struct):
    """Until when a worker may write; moved on by its heartbeat, ended by a lost lease."""

    until: datetime


_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextlib.contextmanager
def writing_under(lease: Lease) -> Generator[None]:
    """Let the writes of this task, and of the tasks it starts, go out while this lease lasts."""
    reset = _lease.set(lease)
    try:
        yield
    finally:
        _lease.reset(reset)


class GuardedSession:
    """A session that sends no write unless the lease outlives the time an answer may take.

    A lease in the database cannot stop the datagram of a stalled worker; this can. The lease is
    that of the running task, for one session and its driver serve all processes of an OLT.

    Writes have a session of their own: behind the reads of other processes a write would wait for a
    slot after it was let through here, and be sent when its lease is over.
    """

    def __init__(
        self,
        session: SnmpSession,
        *,
        writing: SnmpSession,
        answer_within: timedelta,
        clock: Clock,
    ) -> None:
        self._session = session
        self._writing = writing
        self._answer_within = answer_within
        self._clock = clock

    @property
    def peer(self) -> str:
        """Where it talks to."""
        return self._session.peer

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        """Read; reading changes nothing and needs no lease."""
        return await self._session.get_many(oids)

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        """Read; reading changes nothing and needs no lease."""
        return await self._session.bulk_walk(column, bulk_size=bulk_size)

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        """Write while the lease surely lasts; otherwise say that nothing was sent."""
        lease = _lease.get()
        if lease is None or self._clock() + self._answer_within > lease.until:
            return NotSent(detail="the lease of this worker is about to end")
        return await self._writing.set_many(bindings)


class Network:
    """Sessions and drivers of the OLTs that are in use."""

    def __init__(
        self,
        credentials: Mapping[str, SnmpCredentials],
        *,
        timeout_ms: int,
        clock: Clock,
        open_session: Callable[[str, int, V2c, SnmpSettings], SnmpSession] = PuresnmpSession,
    ) -> None:
        self._credentials = credentials
        self._settings = SnmpSettings(timeout_ms=timeout_ms)
        self._clock = clock
        self._open_session = open_session
        self._drivers: dict[tuple[str, int, str, str], OltDriver] = {}

    def driver(self, route: Route) -> OltDriver:
        """Give the driver of an OLT, the same one each time: it knows the ports it has read.

        Raises:
            CredentialsMissing: names the OLT and the credentials that are known.
            DriverUnknown: names the drivers that are known.
        """
        place = (route.olt_host, route.olt_snmp_port, route.olt_driver, route.olt_credentials)
        if place not in self._drivers:
            guarded = GuardedSession(
                self._open(route),
                writing=self._open(route),
                answer_within=timedelta(milliseconds=self._settings.timeout_ms),
                clock=self._clock,
            )
            self._drivers[place] = find_driver(route.olt_driver)(guarded)
        return self._drivers[place]

    def _open(self, route: Route) -> SnmpSession:
        found = self._credentials.get(route.olt_credentials)
        if found is None:
            known = ", ".join(sorted(self._credentials)) or "none"
            raise CredentialsMissing(
                f"OLT {route.olt_name} names credentials {route.olt_credentials!r}; "
                f"the settings hold: {known}"
            )
        communities = V2c(
            read_community=found.read,
            write_community=found.write,
        )
        return self._open_session(route.olt_host, route.olt_snmp_port, communities, self._settings)
