"""Sessions of SNMP v3 users, against the agent of pysnmp, which knows nothing of puresnmp."""

import contextlib
import traceback
from collections.abc import AsyncGenerator, Callable

import msgspec
import pytest
from puresnmp.pdu import GetRequest, PDUContent

from activation import usm
from activation.drivers.snmp_failures import read_failure
from activation.failures import AuthRejected
from activation.puresnmp_session import PuresnmpSession
from activation.simulator.agent import Agent
from activation.simulator.oids import SYS_DESCR
from activation.simulator.scenario import SnmpUser
from activation.snmp import (
    V3,
    Answer,
    Binding,
    Denied,
    ErrorStatus,
    NoAnswer,
    Secret,
    SnmpSettings,
    Status,
    Written,
)
from activation.usm import Engine, NotGenuine
from activation.usm_user import AUTH_METHODS, PRIV_METHODS, MethodUnsupported, UsmUser
from tests.activation.simulator.factories import Bench, a_scenario, ont_cell, registering
from tests.activation.simulator.wire import bound

AUTH, PRIV = "auth-password", "priv-password"
DESCRIPTION = ".".join(str(node) for node in (*SYS_DESCR, 0))
SETTINGS = SnmpSettings(timeout_ms=5_000, read_attempts=1)
HASTY = SnmpSettings(timeout_ms=100, read_attempts=1)


def a_user(**changes: object) -> V3:
    user = V3(
        user="noc",
        auth_method="sha1",
        auth_key=Secret(AUTH),
        priv_method="aes",
        priv_key=Secret(PRIV),
    )
    return msgspec.structs.replace(user, **changes)


class Olt:
    """An OLT whose agent may be started anew, as after a loss of power."""

    def __init__(self, user: SnmpUser, description: str) -> None:
        self.bench = Bench(a_scenario(description=description))
        self._user = user
        self._agent: Agent | None = None
        self._listener = bound()
        self.port: int = self._listener.getsockname()[1]

    async def begin(self, *, boots: int = 1) -> None:
        self._stop()
        self._agent = Agent(
            self.bench.exchange,
            read_community="public",
            write_community="private",
            users=(self._user,),
            boots=boots,
        )
        await self._agent.start(self._listener.dup())

    def end(self) -> None:
        self._stop()
        self._listener.close()

    def _stop(self) -> None:
        if self._agent is not None:
            self._agent.stop()


@contextlib.asynccontextmanager
async def an_olt(*, description: str = "an OLT", **changes: object) -> AsyncGenerator[Olt]:
    user = SnmpUser(name="noc", auth_key=AUTH, priv_key=PRIV, may_write=True)
    olt = Olt(msgspec.structs.replace(user, **changes), description)
    await olt.begin()
    try:
        yield olt
    finally:
        olt.end()


def to(
    olt: Olt,
    user: V3 | None = None,
    *,
    settings: SnmpSettings = SETTINGS,
    monotonic: Callable[[], float] = lambda: 0.0,
) -> PuresnmpSession:
    return PuresnmpSession("127.0.0.1", olt.port, user or a_user(), settings, monotonic=monotonic)


def registration() -> list[Binding]:
    dotted = [(".".join(map(str, oid)), value) for oid, value in registering()]
    return [Binding(oid=oid, value=v) for oid, v in dotted if isinstance(v, int | bytes)]


@pytest.mark.parametrize("auth_method", AUTH_METHODS)
@pytest.mark.parametrize("priv_method", PRIV_METHODS)
async def test_a_user_reads_walks_and_writes(auth_method: str, priv_method: str) -> None:
    methods = {"auth_method": auth_method, "priv_method": priv_method}
    async with an_olt(**methods) as olt:
        session = to(olt, a_user(**methods))

        assert await session.get_many([DESCRIPTION]) == Answer(values={DESCRIPTION: b"an OLT"})
        assert await session.set_many(registration()) == Written()
        column = ".".join(map(str, ont_cell(3)[:-2]))
        walk = await session.bulk_walk(column, bulk_size=20)

    assert (walk.complete, len(walk.rows)) == (True, 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"auth_method": "sha3"},
            "'sha3' is no method of authentication; known are md5, sha1, sha224, sha256, sha",
        ),
        (
            {"priv_method": "aes128"},
            "'aes128' is no method of privacy; known are des, aes, aes192, aes256, aes192-ree",
        ),
    ],
)
def test_a_method_that_is_not_known_is_refused_with_those_that_are(
    changes: dict[str, str], said: str
) -> None:
    with pytest.raises(MethodUnsupported, match=said):
        PuresnmpSession("127.0.0.1", 161, a_user(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": "nobody"}, "it knows no such user"),
        ({"auth_key": Secret("another-password")}, "the authentication key is wrong"),
    ],
)
async def test_who_is_not_known_to_the_agent_is_told_why(
    changes: dict[str, object], said: str
) -> None:
    async with an_olt() as olt:
        session = to(olt, a_user(**changes))
        read = await session.get_many([DESCRIPTION])
        written = await session.set_many(registration())

        denied = Denied(detail=f"the agent reports: {said}")
        assert read == written == denied
        assert isinstance(read_failure("olt", denied), AuthRejected)
        assert olt.bench.exchange.stats().set_requests == 0


async def test_a_wrong_privacy_key_never_reads_as_an_answer() -> None:
    async with an_olt() as olt:
        read = await to(olt, a_user(priv_key=Secret("another-password")), settings=HASTY).get_many(
            [DESCRIPTION]
        )

    assert isinstance(read, Denied | NoAnswer)


async def test_a_user_without_the_right_to_write_is_refused_as_in_v2c() -> None:
    async with an_olt(may_write=False) as olt:
        written = await to(olt).set_many(registration())

    assert isinstance(written, ErrorStatus)
    assert written.status == Status.AUTHORIZATION_ERROR


async def test_a_session_goes_on_when_the_clocks_have_drifted_apart() -> None:
    """The agent proves its clock in a report, so that even a write is safely sent once more."""
    now_s = [0.0]
    async with an_olt() as olt:
        session = to(olt, monotonic=lambda: now_s[0])
        await session.get_many([DESCRIPTION])
        now_s[0] = 100_000

        written = await session.set_many(registration())
        now_s[0] = 200_000
        read = await session.get_many([DESCRIPTION])

        assert (written, isinstance(read, Answer)) == (Written(), True)
        assert olt.bench.exchange.stats().set_requests == 1


async def test_a_session_survives_the_restart_of_the_agent() -> None:
    async with an_olt() as olt:
        session = to(olt)
        await session.get_many([DESCRIPTION])
        await olt.begin(boots=7)

        assert isinstance(await session.get_many([DESCRIPTION]), Answer)
        assert await session.set_many(registration()) == Written()


@pytest.mark.parametrize("length", range(60, 140, 3))
async def test_a_reply_of_any_length_is_authentic(length: int) -> None:
    """The library writes some lengths otherwise than agents do, and would check what it wrote."""
    async with an_olt(description="x" * length) as olt:
        read = await to(olt).get_many([DESCRIPTION])

    assert read == Answer(values={DESCRIPTION: b"x" * length})


def test_a_message_with_any_byte_changed_is_not_believed() -> None:
    user, engine = UsmUser(a_user()), Engine(id=b"engine-1", boots=3, time_s=5, heard_at_s=0)
    raw = usm.request(user, engine, 9, GetRequest(PDUContent(9, [])), 0)
    assert usm.reply(user, engine, 9, raw, 0).content == PDUContent(9, [])

    believed: list[int] = []
    for at in range(len(raw)):
        altered = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with contextlib.suppress(Exception):
            usm.reply(user, engine, 9, altered, 0)
            believed.append(at)

    assert believed == []


def test_an_answer_that_is_not_signed_is_not_believed() -> None:
    user, engine = UsmUser(a_user()), Engine(id=b"engine-1", boots=3, time_s=5, heard_at_s=0)

    with pytest.raises(NotGenuine, match="not signed and encrypted"):
        usm.reply(user, engine, 9, usm.discovery(9), 0)


async def test_keys_show_themselves_nowhere() -> None:
    async with an_olt() as olt:
        session = to(olt, a_user(auth_key=Secret("s3cret-auth"), priv_key=Secret("s3cret-priv")))
        told = [
            repr(session),
            repr(vars(session)),
            repr(UsmUser(a_user()).__dict__),
            repr(await session.get_many([DESCRIPTION])),
            repr(await session.set_many(registration())),
        ]
        try:
            PuresnmpSession("127.0.0.1", 161, a_user(auth_method="none"))
        except MethodUnsupported:
            told.append(traceback.format_exc())

    assert not [each for each in told if "s3cret" in each or AUTH in each or PRIV in each]
