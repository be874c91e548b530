"""A lease in the database cannot stop a stalled worker's datagram; the guard can."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from activation.drivers.huawei.olt import HuaweiOlt
from activation.snmp import V3, Binding, Credentials, NotSent, SnmpSession, SnmpSettings
from server.fulfilment.network import Network, writing_under
from server.plant.routes import OltAddress
from server.settings import Secret, SnmpCredentials, SnmpUser
from tests.server.factories import Clock
from tests.server.olt import TIMEOUT_S, TownOlt, TownSession

ANY_WRITE = (Binding(oid="1.3.6.1.2.1.1.6.0", value=b"cellar"),)
ADDRESS = OltAddress(
    id=UUID(int=1), name="OLT", driver="huawei", host="olt", snmp_port=161, credentials="town"
)
LEASE = timedelta(seconds=30)


class Guard:
    """A network whose one session goes to an OLT in memory, on a clock that a test moves."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.olt = TownOlt(self.clock)
        self.opened: list[TownSession] = []
        self.network = Network(
            {"town": SnmpCredentials(Secret("town-read"), Secret("town-write"))},
            timeout_ms=int(TIMEOUT_S * 1000),
            monotonic=lambda: self.clock().timestamp(),
            open_session=self._open,
        )
        assert isinstance(self.network.driver(ADDRESS), HuaweiOlt)
        self.session = self.opened[0]

    def _open(
        self,
        _host: str,
        _port: int,
        _who: Credentials,
        _how: SnmpSettings,
        *,
        may_write: Callable[[], bool],
    ) -> SnmpSession:
        self.opened.append(TownSession(self.olt, permitted=may_write))
        return self.opened[-1]


async def test_without_a_lease_nothing_is_written() -> None:
    guard = Guard()

    assert isinstance(await guard.session.set_many(ANY_WRITE), NotSent)
    assert guard.olt.sets == 0


async def test_a_write_goes_out_only_while_the_lease_outlives_its_answer() -> None:
    guard = Guard()
    begun = guard.clock()
    with writing_under(guard.network.lease(LEASE)):
        for age_s, sent in ((0, 1), (28, 2), (28.001, 2), (30, 2), (3600, 2)):
            guard.clock.now = begun + timedelta(seconds=age_s)
            await guard.session.set_many(ANY_WRITE)
            assert guard.olt.sets == sent, age_s


async def test_a_worker_that_stalls_right_before_the_datagram_does_not_send_it() -> None:
    """As with SIGSTOP, a slow name server or a full queue: it wakes up after its lease."""
    guard = Guard()
    guard.olt.before_set = lambda: guard.clock.advance(40)
    with writing_under(guard.network.lease(LEASE)):
        outcome = await guard.session.set_many(ANY_WRITE)

    assert isinstance(outcome, NotSent)
    assert guard.olt.sets == 0


async def test_a_heartbeat_extends_what_may_be_written() -> None:
    guard = Guard()
    lease = guard.network.lease(LEASE)
    with writing_under(lease):
        guard.clock.advance(40)
        lease.until_s = guard.network.lease(LEASE).until_s
        await guard.session.set_many(ANY_WRITE)

    assert guard.olt.sets == 1


async def test_a_lost_lease_ends_writing_at_once() -> None:
    guard = Guard()
    lease = guard.network.lease(LEASE)
    with writing_under(lease):
        lease.end()
        await guard.session.set_many(ANY_WRITE)

    assert guard.olt.sets == 0


async def test_reading_needs_no_lease() -> None:
    guard = Guard()

    walk = await guard.session.bulk_walk("1.3.6.1.2.1.31.1.1.1.1", bulk_size=10)

    assert walk.complete
    assert walk.rows


async def test_one_olt_has_one_session_and_one_driver() -> None:
    guard = Guard()

    assert guard.network.driver(ADDRESS) is guard.network.driver(ADDRESS)
    assert len(guard.opened) == 1


def test_an_olt_of_a_user_is_talked_to_with_both_keys() -> None:
    said: list[Credentials] = []

    def open_session(
        _host: str,
        _port: int,
        who: Credentials,
        _how: SnmpSettings,
        *,
        may_write: Callable[[], bool],
    ) -> SnmpSession:
        said.append(who)
        return TownSession(TownOlt(Clock()), permitted=may_write)

    user = SnmpUser(user="noc", auth_key=Secret("authpassword"), priv_key=Secret("privpassword"))
    Network({"town": user}, timeout_ms=1000, open_session=open_session).driver(ADDRESS)

    assert said == [
        V3(
            user="noc",
            auth_method="sha1",
            auth_key=Secret("authpassword"),
            priv_method="aes",
            priv_key=Secret("privpassword"),
        )
    ]
    assert "password" not in repr(said)
