"""The session over real datagrams, against an agent that answers as the test says."""

# pysnmp's value types are untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.puresnmp_session import PuresnmpSession
from activation.snmp import (
    Answer,
    Binding,
    ErrorStatus,
    NoAnswer,
    NotSent,
    Secret,
    SnmpError,
    SnmpSettings,
    SnmpValue,
    Unintelligible,
    V2c,
    Written,
)
from tests.activation.scripted_agent import (
    V2,
    Request,
    Script,
    ScriptedAgent,
    answer,
    echo,
    listening,
)

COMMUNITIES = V2c(read_community=Secret("reading"), write_community=Secret("writing"))
OID = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3.4194312192.5"
PATIENT = SnmpSettings(timeout_ms=10_000, read_attempts=1)
HASTY = SnmpSettings(timeout_ms=20, read_attempts=3)


def to(agent: ScriptedAgent, settings: SnmpSettings = PATIENT) -> PuresnmpSession:
    return PuresnmpSession("127.0.0.1", agent.port, COMMUNITIES, settings)


def answering(*values: object) -> Script:
    """Give these values, in order, whatever is asked for."""
    return lambda request: [answer(request, list(zip(request.oids, values, strict=True)))]


async def test_values_of_every_kind_are_read() -> None:
    oids = [f"1.3.6.1.{n}" for n in range(1, 9)]
    script = answering(
        V2.Integer32(-2_147_483_648),
        V2.OctetString(b"\x00\xff\x80"),
        V2.ObjectIdentifier("1.3.6.1.4.1.4294967295"),
        V2.TimeTicks(4_294_967_295),
        V2.Gauge32(4_294_967_295),
        V2.Counter64(2**64 - 1),
        V2.NoSuchInstance(""),
        V2.NoSuchObject(""),
    )

    async with listening(script) as agent:
        read = await to(agent).get_many(oids)

    expected: list[SnmpValue | None] = [
        -2_147_483_648, b"\x00\xff\x80", "1.3.6.1.4.1.4294967295", 4_294_967_295,
        4_294_967_295, 2**64 - 1, None, None,
    ]  # fmt: skip
    assert read == Answer(values=dict(zip(oids, expected, strict=True)))


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40),
            st.integers(-(2**31), 2**31 - 1) | st.binary(max_size=128),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_written_is_what_another_implementation_understands(
    pairs: Sequence[tuple[list[int], int | bytes]],
) -> None:
    bindings = [
        Binding(oid="1.3.6." + ".".join(str(node) for node in nodes), value=value)
        for nodes, value in pairs
    ]

    async def write() -> tuple[Written | SnmpError, list[Request]]:
        async with listening(echo) as agent:
            return await to(agent).set_many(bindings), agent.requests

    written, requests = asyncio.run(write())

    assert written == Written()
    [request] = requests
    understood = [
        (oid, int(value) if isinstance(value, V2.Integer32) else bytes(value))
        for oid, value in request.bindings
    ]
    assert understood == [(binding.oid, binding.value) for binding in bindings]


async def test_reading_and_writing_use_their_own_communities() -> None:
    async with listening(echo) as agent:
        session = to(agent)
        await session.get_many([OID])
        await session.set_many([Binding(oid=OID, value=1)])

    assert [(r.kind, r.community) for r in agent.requests] == [
        ("GetRequestPDU", b"reading"),
        ("SetRequestPDU", b"writing"),
    ]


async def test_without_a_write_community_the_read_community_writes() -> None:
    async with listening(echo) as agent:
        session = PuresnmpSession("127.0.0.1", agent.port, V2c(read_community=Secret("both")))
        await session.set_many([Binding(oid=OID, value=1)])

    assert agent.requests[0].community == b"both"


async def test_a_lost_read_is_sent_again() -> None:
    heard: list[Request] = []

    def deaf_once(request: Request) -> list[bytes]:
        heard.append(request)
        return [] if len(heard) == 1 else [answer(request, [(OID, V2.Integer32(7))])]

    settings = SnmpSettings(timeout_ms=50, read_attempts=200)
    async with listening(deaf_once) as agent:
        read = await to(agent, settings).get_many([OID])

    assert read == Answer(values={OID: 7})
    assert len(heard) >= 2


async def test_silence_is_reported_with_the_time_that_was_waited() -> None:
    async with listening(lambda _: []) as agent:
        read = await to(agent, HASTY).get_many([OID])

    assert read == NoAnswer(waited_ms=60)
    assert len(agent.requests) == 3


async def test_a_write_is_sent_once_whatever_happens() -> None:
    async with listening(lambda _: []) as agent:
        written = await to(agent, HASTY).set_many([Binding(oid=OID, value=1)])

    assert written == NoAnswer(waited_ms=20)
    assert len(agent.requests) == 1


async def test_the_right_to_write_is_asked_for_when_the_turn_has_come() -> None:
    """One slot, held by a read that nobody answers; only after it the write may be judged."""
    read_had_ended: list[bool] = []
    one_at_a_time = SnmpSettings(timeout_ms=50, read_attempts=1, in_flight_max=1)

    async with listening(lambda _: []) as agent:

        def may_write() -> bool:
            read_had_ended.append(reading.done())
            return False

        session = PuresnmpSession(
            "127.0.0.1", agent.port, COMMUNITIES, one_at_a_time, may_write=may_write
        )
        reading = asyncio.create_task(session.get_many([OID]))
        await agent.arrived.wait()
        outcome = await session.set_many([Binding(oid=OID, value=1)])

    assert isinstance(outcome, NotSent)
    assert read_had_ended == [True]
    assert [request.kind for request in agent.requests] == ["GetRequestPDU"]


async def test_a_port_where_nothing_listens_is_told_from_silence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    written = await PuresnmpSession("127.0.0.1", port, COMMUNITIES, PATIENT).set_many(
        [Binding(oid=OID, value=1)]
    )

    assert isinstance(written, NotSent)


@pytest.mark.parametrize("host", ["x" * 64, "a..b"])
async def test_a_name_that_cannot_be_looked_up_is_nothing_sent(host: str) -> None:
    read = await PuresnmpSession(host, 161, COMMUNITIES, PATIENT).get_many([OID])

    assert isinstance(read, NotSent)
    assert read.detail.startswith(f"{host}: ")


@pytest.mark.parametrize("status", [*range(1, 19), 99])
async def test_a_refusal_names_its_status_and_its_value(status: int) -> None:
    def refuse(request: Request) -> list[bytes]:
        return [answer(request, request.bindings, status=status, index=2)]

    async with listening(refuse) as agent:
        written = await to(agent).set_many(
            [Binding(oid=OID, value=1), Binding(oid=OID + ".1", value=2)]
        )

    assert written == ErrorStatus(status=status, oid=OID + ".1")
    assert str(written) != ""


async def test_a_refusal_without_an_index_names_no_value() -> None:
    def refuse(request: Request) -> list[bytes]:
        return [answer(request, request.bindings, status=5)]

    async with listening(refuse) as agent:
        written = await to(agent).set_many([Binding(oid=OID, value=1)])

    assert written == ErrorStatus(status=5, oid=None)


async def test_no_two_requests_share_an_id() -> None:
    async with listening(echo) as agent:
        session = to(agent)
        await asyncio.gather(*(session.set_many([Binding(oid=OID, value=n)]) for n in range(20)))

    assert len({request.request_id for request in agent.requests}) == 20


async def test_an_answer_to_another_request_is_not_taken() -> None:
    def mistaken(request: Request) -> list[bytes]:
        return [answer(request, request.bindings, request_id=request.request_id + 1)]

    async with listening(mistaken) as agent:
        written = await to(agent).set_many([Binding(oid=OID, value=1)])

    assert isinstance(written, Unintelligible)


async def test_an_answer_about_other_objects_is_not_taken() -> None:
    async with listening(lambda r: [answer(r, [("1.3.6.1.9", V2.Integer32(1))])]) as agent:
        read = await to(agent).get_many([OID])

    assert isinstance(read, Unintelligible)


async def test_an_answer_that_arrives_twice_disturbs_nothing() -> None:
    async with listening(lambda r: [answer(r, [(OID, V2.Integer32(7))])] * 3) as agent:
        session = to(agent)
        reads = [await session.get_many([OID]) for _ in range(5)]

    assert reads == [Answer(values={OID: 7})] * 5


@given(st.binary(min_size=1, max_size=80))
def test_any_bytes_at_all_are_answered_by_a_value(garbage: bytes) -> None:
    assert isinstance(asyncio.run(_read(lambda _: [garbage])), Unintelligible)


@given(st.data())
def test_a_damaged_answer_is_never_an_exception(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 60))
    byte = data.draw(st.integers(0, 255))
    keep = data.draw(st.integers(0, 61))

    def damage(request: Request) -> list[bytes]:
        whole = bytearray(answer(request, [(OID, V2.OctetString(b"\x01" * 8))]))
        whole[at % len(whole)] = byte
        return [bytes(whole[: max(1, keep)])]

    assert isinstance(asyncio.run(_read(damage)), Answer | SnmpError)


async def _read(script: Script) -> Answer | SnmpError:
    async with listening(script) as agent:
        return await to(agent).get_many([OID])


async def test_no_more_requests_are_in_flight_than_allowed() -> None:
    held: list[Request] = []

    def hold(request: Request) -> list[bytes]:
        held.append(request)
        return []

    settings = SnmpSettings(timeout_ms=60_000, read_attempts=1, in_flight_max=2)
    async with listening(hold) as agent:
        session = to(agent, settings)
        reads = [asyncio.create_task(session.get_many([OID])) for _ in range(6)]
        while len(held) < 2:
            await asyncio.wait_for(agent.arrived.wait(), timeout=10)
            agent.arrived.clear()
        for _ in range(50):
            await asyncio.sleep(0)
        in_flight = len(held)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)

    assert in_flight == 2


def test_a_secret_shows_itself_nowhere() -> None:
    assert "writing" not in repr(COMMUNITIES)
    assert f"{COMMUNITIES.read_community}" == "***"
    assert COMMUNITIES.read_community.reveal() == "reading"
