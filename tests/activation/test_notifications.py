"""Traps and informs, as datagrams."""

from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from puresnmp.pdu import GetResponse, InformRequest, PDUContent
from puresnmp.varbind import VarBind
from x690.types import Integer, ObjectIdentifier, OctetString, Sequence

from activation.drivers.vsol import oids as vsol
from activation.drivers.zte import oids as zte
from activation.notifications import BYTES_MAX, Happening, Hint, Notification, read_notification
from activation.registry import find_trap_reader
from activation.requests import PonPort, parse_pon_port
from activation.simulator.records import DownCause, Event, Vendor
from activation.simulator.traps import TrapSender
from activation.snmp import Secret
from tests.activation.running_simulator import running_simulator
from tests.activation.simulator.factories import START, a_scenario, an_ont, an_ont_row
from tests.activation.simulator.wire import bound

PORTS = {Vendor.HUAWEI: "0/3/7", Vendor.VSOL: "0/0/7", Vendor.ZTE: "1/3/7"}


def told(*events: Event, vendor: Vendor = Vendor.HUAWEI) -> list[bytes]:
    sent: list[bytes] = []
    sender = TrapSender(vendor, sent.append, community="public", started=START)
    for event in events:
        sender.tell(msgspec.structs.replace(event, port=PORTS[vendor]))
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


def heard(datagram: bytes, driver: str = "huawei") -> Hint:
    read, notification = find_trap_reader(driver), read_notification(datagram)
    assert read is not None
    assert notification is not None
    return read(notification)


@pytest.mark.parametrize("cause", [DownCause.LOS, DownCause.DYING_GASP])
@pytest.mark.parametrize("vendor", Vendor)
def test_the_driver_finds_the_ont_in_what_the_simulated_olt_tells(
    vendor: Vendor, cause: DownCause
) -> None:
    went, came = (heard(each, vendor) for each in told(down(cause), UP, vendor=vendor))

    # Why an ONT went down a ZTE does not tell.
    causes = {DownCause.LOS: Happening.LOS, DownCause.DYING_GASP: Happening.DYING_GASP}
    assert went.happening == (Happening.DOWN if vendor is Vendor.ZTE else causes[cause])
    assert came.happening == Happening.UP
    for hint in (went, came):
        assert (hint.port, hint.ont_id) == (parse_pon_port(PORTS[vendor]), 5)
        assert hint.serial == ("HWTC1A2B3C4D" if vendor is Vendor.ZTE else None)


@pytest.mark.parametrize("vendor", Vendor)
def test_an_ont_that_nobody_registered_is_told_with_its_serial(vendor: Vendor) -> None:
    found = Event(at=START, event="ont.found", port=PORTS[vendor], serial="HWTC1A2B3C4D")

    (datagram,) = told(found, vendor=vendor)
    hint = heard(datagram, vendor)

    assert hint.happening is Happening.FOUND
    assert hint.port == parse_pon_port(PORTS[vendor])
    assert (hint.serial, hint.ont_id) == ("HWTC1A2B3C4D", None)


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
    assert read(notification).port == PonPort(frame=0, slot=1, port=1)


def test_the_end_of_an_alarm_is_told_only_where_there_was_one() -> None:
    assert told(UP) == []
    assert len(told(down(), UP, UP)) == 2


@pytest.mark.parametrize("cause", [DownCause.RESET, DownCause.DEACTIVATED])
def test_what_was_ordered_is_told_to_nobody(cause: DownCause) -> None:
    assert told(down(cause)) == []


@pytest.mark.parametrize("driver", Vendor)
def test_a_trap_that_nobody_knows_has_its_name_and_no_more(driver: str) -> None:
    read = find_trap_reader(driver)
    assert read is not None

    cold_start = "1.3.6.1.6.3.1.1.5.1"
    assert read(Notification(name=cold_start, variables={})) == Hint(kind=cold_start)


@pytest.mark.parametrize(
    ("alarm", "happening"),
    [
        (vsol.ONT_DYING_GASP, Happening.DYING_GASP),
        (vsol.ONT_DEREGISTERS, Happening.DOWN),
        (vsol.ONT_FINISHES, Happening.UP),
        (f"{vsol.TRAP_ALARM}.99", None),
    ],
)
def test_a_place_in_words_is_read_where_a_vsol_names_its_alarm(
    alarm: str, happening: Happening | None
) -> None:
    read = find_trap_reader("vsol")
    assert read is not None
    variables = {
        f"{vsol.TRAP_PON}.0": b"",
        f"{vsol.TRAP_ALARM}.0": alarm,
        f"{vsol.TRAP_TEXT}.0": b"PON 0/3 ONU 15 is down",
    }

    hint = read(Notification(name=vsol.TRAP, variables=variables))

    assert (hint.happening, hint.ont_id) == (happening, 15)
    assert hint.port == PonPort(frame=0, slot=0, port=3)


@pytest.mark.parametrize(
    ("level", "happening"),
    [("cleared", Happening.UP), ("minor", Happening.DOWN), ("notification", None)],
)
def test_a_zte_trap_of_unknown_number_is_read_by_the_level_of_its_event(
    level: str, happening: Happening | None
) -> None:
    read = find_trap_reader("zte")
    assert read is not None
    community = Secret(f"public@eventId=1@eventLevel={level}@confirm@20260211174422")

    hint = read(Notification(name=f"{zte.TRAPS_OF_ONTS}.16", variables={}, community=community))

    assert hint.happening == happening


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

    assert notification is None or len(notification.variables) <= 6


def test_a_datagram_longer_than_any_trap_is_not_read() -> None:
    assert read_notification(told(down())[0] + bytes(BYTES_MAX)) is None
