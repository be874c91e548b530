"""The agent on a real UDP socket, asked by two SNMP clients that know nothing of each other."""

# Neither client library has type information of its own.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import socket
from collections.abc import AsyncGenerator
from random import Random
from typing import Any, Final

import pytest
from puresnmp import V2C, Client
from puresnmp.exc import ErrorResponse, Timeout
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import rfc1902
from x690.types import Integer, ObjectIdentifier, OctetString

from activation.simulator.cells import Written
from activation.simulator.datagrams import is_message
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.huawei import oids
from activation.simulator.oids import SYS_DESCR, Oid
from tests.activation.simulator.factories import (
    IF_INDEX,
    Bench,
    a_scenario,
    an_ont_row,
    ont_cell,
    registering,
)
from tests.activation.simulator.wire import serving

TIMEOUT_S: Final = 5
RUN: Final = (*oids.ONT_STATE, 15, IF_INDEX, 5)
OTHER_ROWS: Final = tuple(
    an_ont_row(port="0/1/0", ont_id=n, serial=f"HWTC0000{n:04X}") for n in range(6, 66)
)


def dotted(oid: Oid) -> str:
    return ".".join(str(number) for number in oid)


class Wire:
    """An agent on loopback and the OLT behind it."""

    def __init__(self, bench: Bench, port: int) -> None:
        self.bench = bench
        self.port = port

    def puresnmp(self, community: str = "public", *, timeout_s: float = TIMEOUT_S) -> Client:
        client = Client("127.0.0.1", V2C(community), port=self.port)
        client.configure(timeout=timeout_s, retries=1)  # pyright: ignore[reportArgumentType]  takes floats
        return client


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    bench = Bench(a_scenario(registered=OTHER_ROWS))
    async with serving(bench.exchange) as port:
        yield Wire(bench, port)


def x690_values(variables: list[tuple[Oid, Written]]) -> dict[ObjectIdentifier, Any]:
    return {
        ObjectIdentifier(dotted(oid)): Integer(value)
        if isinstance(value, int)
        else OctetString(value if isinstance(value, bytes) else b"")
        for oid, value in variables
    }


class TestPuresnmp:
    """Asked as the drivers' session library asks."""

    async def test_registers_an_ont_and_reads_it_back(self, wire: Wire) -> None:
        await wire.puresnmp("private").multiset(x690_values(registering()))
        read = await wire.puresnmp().multiget(
            [ObjectIdentifier(dotted(oid)) for oid in (ont_cell(3), ont_cell(10), RUN)]
        )
        assert [value.pythonize() for value in read] == [
            bytes.fromhex("485754431a2b3c4d"),
            1,
            2,
        ]
        wire.bench.wait(5)
        run = await wire.puresnmp().get(ObjectIdentifier(dotted(RUN)))
        assert run.pythonize() == 1

    async def test_is_told_error_status_and_the_variable_to_blame(self, wire: Wire) -> None:
        with pytest.raises(ErrorResponse) as refused:
            await wire.puresnmp("private").multiset(
                x690_values(registering(service_profile=b"NONE"))
            )
        assert refused.value.error_status == 12
        assert refused.value.offending_oid == ObjectIdentifier(dotted(ont_cell(8)))

    async def test_cannot_write_with_the_read_community(self, wire: Wire) -> None:
        with pytest.raises(ErrorResponse) as refused:
            await wire.puresnmp("public").multiset(x690_values(registering()))
        assert refused.value.error_status == 16

    async def test_walks_a_table_in_bulk_to_its_end(self, wire: Wire) -> None:
        column = ObjectIdentifier(dotted((*oids.ONT_CONFIG, 3)))
        rows = [row async for row in wire.puresnmp().bulkwalk([column], bulk_size=25)]
        assert [row.value.value for row in rows] == [
            bytes.fromhex(f"485754430000{n:04x}") for n in range(6, 66)
        ]

    async def test_hears_nothing_with_a_wrong_community_or_while_the_agent_is_silent(
        self, wire: Wire
    ) -> None:
        name = ObjectIdentifier(dotted((*SYS_DESCR, 0)))
        with pytest.raises(Timeout):
            await wire.puresnmp("guess", timeout_s=0.2).get(name)
        wire.bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT))
        with pytest.raises(Timeout):
            await wire.puresnmp(timeout_s=0.2).get(name)
        wire.bench.exchange.clear_faults()
        assert (await wire.puresnmp().get(name)).pythonize()

    async def test_loses_the_answer_of_a_set_that_took_effect(self, wire: Wire) -> None:
        wire.bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))
        with pytest.raises(Timeout):
            await wire.puresnmp("private", timeout_s=0.2).multiset(x690_values(registering()))
        status = await wire.puresnmp().get(ObjectIdentifier(dotted(ont_cell(10))))
        assert status.pythonize() == 1
        assert wire.bench.exchange.stats().set_requests == 1


class TestPysnmp:
    """Asked by a second implementation."""

    @pytest.fixture
    async def call(self, wire: Wire) -> AsyncGenerator[Any]:
        engine = hlapi.SnmpEngine()
        target = await hlapi.UdpTransportTarget.create(
            ("127.0.0.1", wire.port), timeout=TIMEOUT_S, retries=0
        )

        async def call(command: Any, community: str, *variables: tuple[Oid, Any]) -> Any:  # noqa: ANN401  pysnmp has no types
            bindings = [
                hlapi.ObjectType(hlapi.ObjectIdentity(dotted(oid)), value)
                for oid, value in variables
            ]
            who = hlapi.CommunityData(community)
            sizes = (0, 25) if command is hlapi.bulk_cmd else ()
            return await command(
                engine, who, target, hlapi.ContextData(), *sizes, *bindings, lookupMib=False
            )

        yield call
        engine.close_dispatcher()

    async def test_registers_an_ont_and_reads_what_is_missing_as_missing(
        self,
        wire: Wire,
        call: Any,  # noqa: ANN401  pysnmp has no types
    ) -> None:
        encoded = [
            (
                oid,
                rfc1902.Integer32(value) if isinstance(value, int) else rfc1902.OctetString(value),
            )
            for oid, value in registering()
        ]
        indication, status, index, _ = await call(hlapi.set_cmd, "private", *encoded)
        assert (indication, int(status), int(index)) == (None, 0, 0)
        _, status, _, read = await call(
            hlapi.get_cmd,
            "public",
            *((oid, rfc1902.Null("")) for oid in (ont_cell(10), ont_cell(10, 99), ont_cell(99))),
        )
        assert int(status) == 0
        assert [value.prettyPrint() for _, value in read] == [
            "1",
            "No Such Instance currently exists at this OID",
            "No Such Object currently exists at this OID",
        ]
        indication, status, index, _ = await call(hlapi.set_cmd, "private", *encoded)
        assert (int(status), int(index)) == (12, 4)
        assert wire.bench.exchange.stats().rejected_sets == 1

    async def test_reads_a_page_of_25_rows(self, call: Any) -> None:  # noqa: ANN401  pysnmp has no types
        start = ((*oids.ONT_CONFIG, 3), rfc1902.Null(""))
        _, _, _, rows = await call(hlapi.bulk_cmd, "public", start)
        assert [tuple(name)[-1] for name, _ in rows] == list(range(6, 31))


def spoilt(datagram: bytes, random: Random) -> bytes:
    """Change a few bytes of a datagram, or cut it off."""
    spoiling = bytearray(datagram)
    for _ in range(random.randint(1, 3)):
        spoiling[random.randrange(len(spoiling))] = random.randrange(256)
    return bytes(spoiling[: random.randint(1, 2 * len(spoiling))])


async def test_garbage_gets_no_answer_and_does_no_harm(wire: Wire) -> None:
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    random = Random(7)  # noqa: S311  garbage, not a secret
    message = bytes.fromhex("302602010104067075626c6963a019020107020100020100300e300c06082b060102")
    message += bytes.fromhex("010101000500")
    assert is_message(message)
    datagrams = [b"", b"0", b"hello", b"garbage", bytes(1400), bytes.fromhex("3084ffffffff")]
    datagrams += [spoilt(message, random) for _ in range(200)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", wire.port))
    read = await wire.puresnmp().get(ObjectIdentifier(dotted((*SYS_DESCR, 0))))
    assert read.pythonize()
    assert raised == []
