"""Traps and informs, as datagrams."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from puresnmp.pdu import GetResponse, InformRequest, PDUContent
from puresnmp.varbind import VarBind
from x690.types import Integer, ObjectIdentifier, OctetString, Sequence

from activation.notifications import BYTES_MAX, read_notification
from activation.registry import find_trap_reader
from activation.requests import PonPort
from activation.simulator.records import DownCause, Event, Vendor
from activation.simulator.traps import TrapSender
from tests.activation.running_simulator import running_simulator
from tests.activation.simulator.factories import START, a_scenario, an_ont, an_ont_row
from tests.activation.simulator.wire import bound


def told(*events: Event, vendor: Vendor = Vendor.HUAWEI) -> list[bytes]:
    sent: list[bytes] = []
    sender = TrapSender(vendor, sent.append, community="public", started=START)
    for event in events:
        sender.tell(event)
    return sent


def down(cause: DownCause = DownCause.LOS) -> Event:
    return Event(
        at=START + timedelta(minutes=1),
        event="ont.down",
        port="0/3/7",
        ont_id=5,
        serial="HWTC1A2B3C4D",
        reason=cause.value,
    )


UP = Event(at=START, event="ont.up", port="0/3/7", ont_id=5, serial="HWTC1A2B3C4D")


@pytest.mark.parametrize("cause", [DownCause.LOS, DownCause.DYING_GASP])
def test_the_driver_finds_the_port_in_what_the_simulated_olt_tells(cause: DownCause) -> None:
    read = find_trap_reader("huawei")
    assert read is not None

    for datagram in told(down(cause), UP):
        notification = read_notification(datagram)
        assert notification is not None
        assert notification.reply is None
        assert read(notification.numbers) == PonPort(frame=0, slot=3, port=7)


def test_a_simulator_tells_a_manager_of_an_ont_that_lost_its_light(tmp_path: Path) -> None:
    row = an_ont_row()
    scenario = a_scenario(onts=(an_ont(serial=row.serial, port=row.port),))
    with bound() as manager:
        port = manager.getsockname()[1]
        manager.settimeout(10)
        with running_simulator(tmp_path, scenario, "--trap-port", str(port)) as simulator:
            gone = httpx.delete(f"{simulator.control_url}/onts/{row.serial}")
            gone.raise_for_status()
            notification = read_notification(manager.recv(BYTES_MAX))

    read = find_trap_reader("huawei")
    assert read is not None
    assert notification is not None
    assert read(notification.numbers) == PonPort(frame=0, slot=1, port=1)


def test_the_end_of_an_alarm_is_told_only_where_there_was_one() -> None:
    assert told(UP) == []
    assert len(told(down(), UP, UP)) == 2


@pytest.mark.parametrize("cause", [DownCause.RESET, DownCause.DEACTIVATED])
def test_what_was_ordered_is_told_to_nobody(cause: DownCause) -> None:
    assert told(down(cause)) == []


def test_a_vendor_whose_traps_nobody_knows_sends_none() -> None:
    assert told(down(), vendor=Vendor.VSOL) == []
    assert find_trap_reader("vsol") is None


def test_a_notification_without_a_place_names_no_port() -> None:
    read = find_trap_reader("huawei")
    assert read is not None

    assert read({}) is None
    assert read({"1.3.6.1.4.1.2011.6.3.3.1.1.1": 0}) is None


def test_an_inform_is_answered_with_what_it_said() -> None:
    variables = [VarBind(ObjectIdentifier("1.3.6.1.2.1.1.3.0"), Integer(7))]
    inform = InformRequest(PDUContent(4711, variables))
    datagram = bytes(Sequence([Integer(1), OctetString(b"public"), inform]))

    notification = read_notification(datagram)

    assert notification is not None
    assert notification.reply is not None
    answer = GetResponse(PDUContent(4711, variables))
    assert notification.reply == bytes(Sequence([Integer(1), OctetString(b"public"), answer]))


@given(st.binary(max_size=200))
def test_what_is_no_notification_is_nothing(datagram: bytes) -> None:
    assert read_notification(datagram) is None


@given(st.data())
def test_a_damaged_trap_breaks_nothing(data: st.DataObject) -> None:
    datagram = bytearray(told(down())[0])
    at = data.draw(st.integers(0, len(datagram) - 1))
    datagram[at] = data.draw(st.integers(0, 255))

    notification = read_notification(bytes(datagram[: data.draw(st.integers(0, len(datagram)))]))

    assert notification is None or len(notification.numbers) <= 6


def test_a_datagram_longer_than_any_trap_is_not_read() -> None:
    assert read_notification(told(down())[0] + bytes(BYTES_MAX)) is None
