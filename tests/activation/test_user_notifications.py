"""Traps and informs of v3 users: what pysnmp and net-snmp send, and what nobody should believe."""

# pysnmp has no types of its own.
# pyright: reportUnknownMemberType=false

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puresnmp.adt import ScopedPDU
from puresnmp.pdu import PDU, GetRequest, InformRequest, PDUContent, Trap
from puresnmp.varbind import VarBind
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from x690.types import Integer, ObjectIdentifier, OctetString

from activation import usm
from activation.notifications import Notification
from activation.snmp import V3, Secret
from activation.user_notifications import OwnEngine, Refusal, Refused, UserReceiver, own_engine
from activation.usm_user import Stamp, UsmUser

AUTH, PRIV = "auth-password", "priv-password"
OLT = b"\x80\x00\x00\x00\x05an olt"
ANOTHER = b"\x80\x00\x00\x00\x05another"
HERE = "192.0.2.7"
TRAP_NAME = "1.3.6.1.4.1.2011.6.128.12.2.2.0.12"
ONT = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.1"
STARTED = datetime(2026, 5, 4, 12, tzinfo=UTC)
OURS = own_engine("operator", STARTED, 0)


def a_user(
    name: str = "noc", auth: str = "sha256", priv: str = "aes256", key: str = AUTH
) -> UsmUser:
    return UsmUser(
        V3(
            user=name,
            auth_method=auth,
            auth_key=Secret(key),
            priv_method=priv,
            priv_key=Secret(PRIV),
        )
    )


NOC = a_user()


class Watch:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def a_receiver(watch: Watch | None = None) -> UserReceiver:
    return UserReceiver(OURS, monotonic=watch or Watch())


def content() -> PDUContent:
    name = VarBind(ObjectIdentifier("1.3.6.1.6.3.1.1.4.1.0"), ObjectIdentifier(TRAP_NAME))
    return PDUContent(7, [name, VarBind(ObjectIdentifier(ONT), Integer(5))])


def sent(
    *,
    engine: bytes = OLT,
    boots: int = 3,
    time_s: int = 1000,
    user: UsmUser = NOC,
    pdu: PDU | None = None,
    reportable: bool = False,
) -> bytes:
    scoped = ScopedPDU(OctetString(engine), OctetString(), pdu or Trap(content()))
    stamp = Stamp(engine_id=engine, boots=boots, time_s=time_s)
    return usm.sealed(user, stamp, 9, scoped, reportable=reportable)


def why(heard: Notification | Refused | None) -> Refusal | None:
    return heard.why if isinstance(heard, Refused) else None


def test_a_signed_trap_tells_what_it_says_and_who_signed() -> None:
    heard = a_receiver().read(sent(), HERE, [NOC])

    assert heard == Notification(name=TRAP_NAME, variables={ONT: 5}, user=b"noc")


@pytest.mark.parametrize(
    ("user", "refusal"),
    [
        (a_user(key="another-password"), Refusal.WRONG_DIGEST),
        (a_user("stranger"), Refusal.UNKNOWN_USER),
        (a_user(auth="sha512"), Refusal.WRONG_DIGEST),
    ],
)
def test_who_does_not_sign_as_the_user_is_refused_and_told_nothing(
    user: UsmUser, refusal: Refusal
) -> None:
    heard = a_receiver().read(sent(user=user), HERE, [NOC])

    assert heard == Refused(why=refusal, report=None)


def test_what_is_not_encrypted_is_refused() -> None:
    stamp = Stamp(engine_id=OLT, boots=1, time_s=1)
    signed_alone = usm.report(stamp, 9, usm.Trouble.UNKNOWN_USER, 1, NOC)

    assert why(a_receiver().read(signed_alone, HERE, [NOC])) is Refusal.SECURITY_LEVEL


def test_each_olt_at_an_address_has_one_engine_and_no_more() -> None:
    receiver = a_receiver()
    assert isinstance(receiver.read(sent(), HERE, [NOC]), Notification)

    assert why(receiver.read(sent(engine=ANOTHER), HERE, [NOC])) is Refusal.UNKNOWN_ENGINE
    assert isinstance(receiver.read(sent(engine=ANOTHER), "192.0.2.8", [NOC]), Notification)
    behind_a_gateway = [NOC, a_user("west")]
    assert isinstance(receiver.read(sent(engine=ANOTHER), HERE, behind_a_gateway), Notification)


def test_an_engine_is_not_known_by_a_message_that_nobody_signed() -> None:
    receiver = a_receiver()
    receiver.read(sent(engine=ANOTHER, user=a_user(key="another-password")), HERE, [NOC])

    assert isinstance(receiver.read(sent(), HERE, [NOC]), Notification)


@pytest.mark.parametrize(
    ("boots", "time_s", "is_heard"),
    [
        (3, 1000, True),
        (3, 1000 + 60 - 150, True),
        (3, 1000 + 60 - 151, False),
        (2, 5000, False),
        (4, 0, True),
        (2**31 - 1, 1000, False),
    ],
)
def test_a_trap_from_before_the_time_window_is_refused(
    boots: int, time_s: int, *, is_heard: bool
) -> None:
    watch = Watch()
    receiver = a_receiver(watch)
    receiver.read(sent(boots=3, time_s=1000), HERE, [NOC])
    watch.now_s = 60

    heard = receiver.read(sent(boots=boots, time_s=time_s), HERE, [NOC])

    assert isinstance(heard, Notification) is is_heard
    assert is_heard or why(heard) is Refusal.NOT_IN_WINDOW


def test_a_trap_that_is_sent_again_later_is_refused() -> None:
    watch = Watch()
    receiver = a_receiver(watch)
    captured = sent()
    assert isinstance(receiver.read(captured, HERE, [NOC]), Notification)
    watch.now_s = 151

    assert why(receiver.read(captured, HERE, [NOC])) is Refusal.NOT_IN_WINDOW


@pytest.mark.parametrize(
    ("boots", "time_s"), [(OURS.boots - 1, 0), (OURS.boots, 151), (OURS.boots + 1, 0), (0, 0)]
)
def test_an_inform_by_another_clock_than_ours_is_reported(boots: int, time_s: int) -> None:
    inform = sent(
        engine=OURS.id, boots=boots, time_s=time_s, pdu=InformRequest(content()), reportable=True
    )

    heard = a_receiver().read(inform, HERE, [NOC])

    assert isinstance(heard, Refused)
    assert heard.why is Refusal.NOT_IN_WINDOW
    assert heard.report is not None
    engine = usm.Engine(id=OURS.id, boots=OURS.boots, time_s=0, heard_at_s=0)
    told = usm.reply(NOC, engine, 9, heard.report, 0)
    assert told.content == usm.Reported(trouble=usm.Trouble.NOT_IN_WINDOW, is_authentic=True)
    assert told.engine == engine


def test_what_is_no_notification_is_not_answered() -> None:
    asked = sent(engine=OURS.id, boots=OURS.boots, time_s=0, pdu=GetRequest(content()))

    assert a_receiver().read(asked, HERE, [NOC]) is None


@given(st.data())
def test_a_damaged_message_is_never_believed(data: st.DataObject) -> None:
    whole = sent()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))

    heard = a_receiver().read(bytes(damaged), HERE, [NOC])

    assert not isinstance(heard, Notification)


def test_an_installation_keeps_its_engine_and_counts_its_starts() -> None:
    later = own_engine("operator", datetime(2026, 5, 4, 12, 0, 1, tzinfo=UTC), 0)

    assert (later.id, later.boots) == (OURS.id, OURS.boots + 1)
    assert own_engine("rival", STARTED, 0).id != OURS.id


class Receiving(asyncio.DatagramProtocol):
    """A manager that answers all that it is asked and that it takes."""

    def __init__(self, engine: OwnEngine) -> None:
        loop = asyncio.get_running_loop()
        self._receiver = UserReceiver(engine, monotonic=loop.time)
        self.heard: asyncio.Queue[Notification] = asyncio.Queue()
        self.users: list[UsmUser] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        heard = self._receiver.read(data, addr[0], self.users)
        answer = heard.report if isinstance(heard, Refused) else heard and heard.reply
        if isinstance(heard, Notification):
            self.heard.put_nowait(heard)
        if answer is not None:
            self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def receiving(*users: UsmUser) -> AsyncGenerator[tuple[Receiving, int]]:
    loop = asyncio.get_running_loop()
    engine = own_engine("operator", STARTED, loop.time())
    transport, manager = await loop.create_datagram_endpoint(
        lambda: Receiving(engine), local_addr=("127.0.0.1", 0)
    )
    manager.users = list(users)
    try:
        yield manager, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


PYSNMP = {
    ("sha1", "aes"): (pysnmp.USM_AUTH_HMAC96_SHA, pysnmp.USM_PRIV_CFB128_AES),
    ("sha256", "aes256"): (pysnmp.USM_AUTH_HMAC192_SHA256, pysnmp.USM_PRIV_CFB256_AES),
}


@pytest.mark.parametrize("kind", ["trap", "inform"])
@pytest.mark.parametrize("methods", PYSNMP)
async def test_what_pysnmp_sends_is_heard_and_an_inform_is_answered(
    kind: str, methods: tuple[str, str]
) -> None:
    auth, priv = PYSNMP[methods]
    engine = pysnmp.SnmpEngine()
    async with receiving(a_user("noc", *methods)) as (manager, port):
        failure, *_ = await pysnmp.send_notification(
            engine,
            pysnmp.UsmUserData("noc", AUTH, PRIV, authProtocol=auth, privProtocol=priv),
            await pysnmp.UdpTransportTarget.create(("127.0.0.1", port), timeout=5, retries=0),
            pysnmp.ContextData(),
            kind,
            pysnmp.NotificationType(pysnmp.ObjectIdentity(TRAP_NAME)).add_varbinds(
                (ONT, pysnmp.Integer32(5))
            ),
        )
        heard = await asyncio.wait_for(manager.heard.get(), 5)
    engine.close_dispatcher()

    assert not failure
    assert (heard.name, heard.user, heard.variables[ONT]) == (TRAP_NAME, b"noc", 5)


@pytest.mark.netsnmp
@pytest.mark.parametrize("tool", ["snmptrap", "snmpinform"])
@pytest.mark.parametrize(
    ("methods", "words"),
    [
        (("sha1", "aes"), ("SHA", "AES")),
        (("sha512", "aes256"), ("SHA-512", "AES-256")),
        (("sha1", "aes256"), ("SHA", "AES-256")),
    ],
)
async def test_what_net_snmp_sends_is_heard_and_an_inform_is_answered(
    tool: str, methods: tuple[str, str], words: tuple[str, str]
) -> None:
    async with receiving(a_user("noc", *methods)) as (manager, port):
        ended, said = await net_snmp(tool, port, *words)
        assert ended == 0, said
        heard = await asyncio.wait_for(manager.heard.get(), 5)

    assert (heard.name, heard.user, heard.variables[ONT]) == (TRAP_NAME, b"noc", 5)


@pytest.mark.netsnmp
async def test_an_inform_that_nobody_believes_fails_at_net_snmp_as_well() -> None:
    async with receiving(a_user("noc", "sha1", "aes", key="another-password")) as (manager, port):
        ended, said = await net_snmp("snmpinform", port, "SHA", "AES")

    assert ended != 0
    assert "Authentication failure" in said
    assert manager.heard.empty()


async def net_snmp(tool: str, port: int, auth: str, priv: str) -> tuple[int | None, str]:
    who = ("-v3", "-l", "authPriv", "-u", "noc", "-a", auth, "-A", AUTH, "-x", priv, "-X", PRIV)
    with tempfile.TemporaryDirectory() as folder:
        done = await asyncio.create_subprocess_exec(
            *(tool, "-m", "", *who, "-t", "5", "-r", "0", f"127.0.0.1:{port}", ""),
            *(TRAP_NAME, ONT, "i", "5"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"SNMPCONFPATH": folder, "SNMP_PERSISTENT_DIR": folder, "PATH": "/usr/bin:/bin"},
        )
        said, _ = await done.communicate()
    return done.returncode, said.decode()
