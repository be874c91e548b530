"""The way to the OLTs: one driver per OLT, and a guard that lets no write outlive its lease."""

import contextlib
import time
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Protocol

import msgspec

from activation.driver import OltDriver
from activation.puresnmp_session import PuresnmpSession
from activation.recording import RecordingSession
from activation.registry import find_driver
from activation.snmp import V3, Credentials, SnmpSession, SnmpSettings, V2c
from server.plant.routes import OltAddress
from server.settings import Settings, SnmpCredentials, SnmpUser


class CredentialsMissing(LookupError):
    """The settings hold no credentials under the name that the OLT's record gives."""


class Lease(msgspec.Struct):
    """Until when a worker may write, in seconds of its own monotonic clock.

    A lease in the database ends by the database's clock, which no worker's wall clock has to agree
    with. Counted from before the database was asked, this one never outlives it.
    """

    until_s: float

    def end(self) -> None:
        """Let nothing more be written."""
        self.until_s = float("-inf")


_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextlib.contextmanager
def writing_under(lease: Lease) -> Generator[None]:
    """Let the writes of this task, and of the tasks it starts, go out while this lease lasts."""
    reset = _lease.set(lease)
    try:
        yield
    finally:
        _lease.reset(reset)


class OpenSession(Protocol):
    """A way to open sessions; ``may_write`` is asked right before a write's datagram leaves."""

    def __call__(
        self,
        host: str,
        port: int,
        credentials: Credentials,
        settings: SnmpSettings,
        /,
        *,
        may_write: Callable[[], bool],
    ) -> SnmpSession:
        """Open a session with one OLT."""
        ...


class Network:
    """Sessions and drivers of the OLTs that are in use.

    A lease in the database cannot stop the datagram of a stalled worker; this can: a write leaves
    only while the lease of the running task outlives the time that its answer may take. One session
    and its driver serve all processes of an OLT, so the lease is found in the task's context.
    """

    def __init__(
        self,
        credentials: Mapping[str, SnmpCredentials | SnmpUser],
        *,
        timeout_ms: int,
        monotonic: Callable[[], float] = time.monotonic,
        open_session: OpenSession = PuresnmpSession,
    ) -> None:
        self._credentials = credentials
        self._settings = SnmpSettings(timeout_ms=timeout_ms)
        self._monotonic = monotonic
        self._open_session = open_session
        self._drivers: dict[OltAddress, OltDriver] = {}

    def lease(self, duration: timedelta) -> Lease:
        """Begin a lease that lasts from now; ask before the database is asked for the same."""
        return Lease(until_s=self._monotonic() + duration.total_seconds())

    def may_write(self) -> bool:
        """Say whether a write that leaves now is answered, or lost, before this task's lease ends.

        False outside of ``writing_under``.
        """
        lease = _lease.get()
        answered_by = self._monotonic() + self._settings.timeout_ms / 1000
        return lease is not None and answered_by <= lease.until_s

    def driver(self, olt: OltAddress) -> OltDriver:
        """Give the driver of an OLT, the same one each time: it knows the ports it has read.

        Raises:
            CredentialsMissing: names the OLT and the credentials that are known.
            DriverUnknown: names the drivers that are known.
        """
        if olt not in self._drivers:
            self._drivers[olt] = find_driver(olt.driver)(self._open(olt))
        return self._drivers[olt]

    def _open(self, olt: OltAddress) -> SnmpSession:
        found = self._credentials.get(olt.credentials)
        if found is None:
            known = ", ".join(sorted(self._credentials)) or "none"
            raise CredentialsMissing(
                f"OLT {olt.name} names credentials {olt.credentials!r}; the settings hold: {known}"
            )
        session = self._open_session(
            olt.host, olt.snmp_port, _said(found), self._settings, may_write=self.may_write
        )
        return RecordingSession(session)


def network_of(settings: Settings) -> Network:
    """Make the way to the OLTs that the settings describe."""
    known = {**settings.snmp, **settings.snmp_users}
    return Network(known, timeout_ms=settings.snmp_timeout_ms)


def _said(found: SnmpCredentials | SnmpUser) -> Credentials:
    """Give credentials of the settings as a session takes them."""
    if isinstance(found, SnmpCredentials):
        return V2c(read_community=found.read, write_community=found.write)
    return v3_of(found)


def v3_of(user: SnmpUser) -> V3:
    """Give a user of the settings as a session takes it."""
    return V3(
        user=user.user,
        auth_method=user.auth_method,
        auth_key=user.auth_key,
        priv_method=user.priv_method,
        priv_key=user.priv_key,
    )
