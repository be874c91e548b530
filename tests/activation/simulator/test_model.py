"""The life of an ONT on the simulated OLT, told by a clock that the test moves."""

from datetime import timedelta

import pytest

from activation.simulator.huawei import oids
from activation.simulator.mistakes import OntAlreadyPlugged, OntNotPlugged, PortUnknown
from sync_protocol.serials import OntSerial, serial_bytes
from tests.activation.simulator.factories import (
    COME_UP_S,
    IF_INDEX,
    OTHER,
    OTHER_PORT,
    PORT,
    SENTINEL_S,
    SERIAL,
    START,
    Bench,
    a_scenario,
    an_ont,
    an_ont_row,
    registering,
)

RUN = (*oids.ONT_STATE, 15, IF_INDEX, 5)
CONFIG = (*oids.ONT_STATE, 16, IF_INDEX, 5)
MATCH = (*oids.ONT_STATE, 18, IF_INDEX, 5)
ACTUAL = (*oids.ONT_STATE, 30, IF_INDEX, 5)
ONT_RX = (*oids.ONT_OPTICS, 4, IF_INDEX, 5)
OLT_RX = (*oids.ONT_OPTICS, 6, IF_INDEX, 5)
UNREADABLE = 2147483647


def found(bench: Bench) -> list[str]:
    return [row.ont.serial for row in bench.olt.found.values()]


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [
        (0.0, [2, 1, 1, UNREADABLE, UNREADABLE]),
        (COME_UP_S - 0.001, [2, 1, 1, UNREADABLE, UNREADABLE]),
        (COME_UP_S, [1, 2, 2, UNREADABLE, UNREADABLE]),
        (COME_UP_S + SENTINEL_S - 0.001, [1, 2, 2, UNREADABLE, UNREADABLE]),
        (COME_UP_S + SENTINEL_S, [1, 2, 2, -1910, 7850]),
    ],
)
def test_a_registered_ont_comes_up_and_shows_sentinels_first(
    after_s: float, expected: list[int]
) -> None:
    bench = Bench()
    bench.set(registering())
    bench.wait(after_s)
    assert bench.get(RUN, CONFIG, MATCH, ONT_RX, OLT_RX) == expected


def test_the_log_tells_the_instants_however_late_it_is_asked() -> None:
    bench = Bench()
    bench.set(registering())
    bench.wait(60)
    (accepted,) = bench.told("set.accepted")
    (up,) = bench.told("ont.up")
    (acceptable,) = bench.told("ont.acceptable")
    assert accepted.at == START
    assert up.at == START + timedelta(seconds=COME_UP_S)
    assert acceptable.at == START + timedelta(seconds=COME_UP_S + SENTINEL_S)
    assert (acceptable.serial, acceptable.port, acceptable.ont_id) == (SERIAL, PORT, 5)


def test_the_next_due_instant_is_the_next_thing_to_tell() -> None:
    bench = Bench()
    assert bench.exchange.due_at() is None
    bench.set(registering())
    assert bench.exchange.due_at() == START + timedelta(seconds=COME_UP_S)
    bench.wait(COME_UP_S)
    assert bench.exchange.due_at() == START + timedelta(seconds=COME_UP_S + SENTINEL_S)
    bench.wait(SENTINEL_S)
    assert bench.exchange.due_at() is None


def test_an_event_is_told_once() -> None:
    bench = Bench()
    bench.set(registering())
    for _ in range(20):
        bench.wait(1)
    assert len(bench.told("ont.up")) == len(bench.told("ont.acceptable")) == 1


@pytest.mark.parametrize(
    ("changes", "up"),
    [
        ({"port": OTHER_PORT}, False),
        ({"lit": False}, False),
        ({}, True),
    ],
)
def test_only_a_lit_ont_on_its_own_port_comes_up(changes: dict[str, object], up: bool) -> None:  # noqa: FBT001  a column of the table
    bench = Bench(a_scenario(onts=(an_ont(**changes),)))
    bench.set(registering())
    bench.wait(60)
    assert bench.get(RUN, ACTUAL) == ([1, serial_bytes(OntSerial(SERIAL))] if up else [2, bytes(8)])
    assert bool(bench.told("ont.acceptable")) == up


@pytest.mark.parametrize(("ends", "config", "match"), [("config_failed", 3, 2), ("mismatch", 2, 3)])
def test_an_ont_that_is_not_configured_as_planned_is_up_and_never_acceptable(
    ends: str, config: int, match: int
) -> None:
    bench = Bench(a_scenario(onts=(an_ont(ends=ends),)))
    bench.set(registering())
    bench.wait(60)
    assert bench.get(RUN, CONFIG, MATCH) == [1, config, match]
    assert bench.told("ont.up")
    assert not bench.told("ont.acceptable")


def test_an_ont_registered_before_it_is_plugged_in_comes_up_after_plugging() -> None:
    bench = Bench(a_scenario(onts=()))
    bench.set(registering())
    bench.wait(100)
    bench.olt.plug(an_ont(), bench.now)
    plugged_at = bench.now
    bench.wait(60)
    assert bench.told("ont.acceptable")[0].at == plugged_at + timedelta(seconds=5.5)


def test_only_a_lit_ont_that_nobody_registered_is_found() -> None:
    bench = Bench(a_scenario(onts=(an_ont(), an_ont(serial=OTHER, port=OTHER_PORT))))
    assert found(bench) == [SERIAL]
    bench.set(registering())
    assert found(bench) == []
    bench.set([((*oids.ONT_CONFIG, 10, IF_INDEX, 5), 6)])
    assert found(bench) == [SERIAL]
    bench.olt.unplug(SERIAL, bench.now)
    assert found(bench) == []


def test_a_port_without_autofind_finds_nothing() -> None:
    bench = Bench()
    switch = (*oids.PON_PORT, 4, IF_INDEX)
    assert bench.set([(switch, 2)]) == (0, 0)
    assert (found(bench), bench.get(switch)) == ([], [2])
    bench.set([(switch, 1)])
    assert (found(bench), bench.get(switch)) == ([SERIAL], [1])


def test_an_unplugged_ont_is_down_at_once_and_comes_up_again() -> None:
    bench = Bench()
    bench.set(registering())
    bench.wait(60)
    bench.olt.unplug(SERIAL, bench.now)
    cause = (*oids.ONT_STATE, 24, IF_INDEX, 5)
    assert bench.get(RUN, ONT_RX, cause) == [2, UNREADABLE, 1]
    assert [event.reason for event in bench.told("ont.down")] == ["los"]
    bench.olt.plug(an_ont(), bench.now)
    bench.wait(60)
    assert bench.get(RUN, ONT_RX) == [1, -1910]
    assert len(bench.told("ont.acceptable")) == 2


@pytest.mark.parametrize(("column", "cause"), [(2, 9), (3, 10)])
def test_a_reset_takes_an_ont_down_and_up_again(column: int, cause: int) -> None:
    bench = Bench()
    bench.set(registering())
    bench.wait(60)
    assert bench.set([((*oids.ONT_STATE, column, IF_INDEX, 5), 1)]) == (0, 0)
    assert bench.get(RUN, (*oids.ONT_STATE, 24, IF_INDEX, 5)) == [2, cause]
    bench.wait(COME_UP_S)
    assert bench.get(RUN) == [1]


def test_a_deactivated_ont_stays_down_until_it_is_activated() -> None:
    bench = Bench()
    bench.set(registering())
    bench.wait(60)
    switch = (*oids.ONT_STATE, 1, IF_INDEX, 5)
    bench.set([(switch, 2)])
    bench.wait(60)
    assert bench.get(RUN, switch) == [2, 2]
    bench.set([(switch, 1)])
    bench.wait(COME_UP_S)
    assert bench.get(RUN, switch) == [1, 1]


def test_what_was_registered_and_lit_at_the_start_is_up() -> None:
    bench = Bench(a_scenario(onts=(an_ont(serial=OTHER, port=OTHER_PORT, come_up_s=3600),)))
    assert bench.get((*oids.ONT_STATE, 15, IF_INDEX + 256, 3)) == [1]
    assert bench.exchange.due_at() is None


def test_a_serial_plugged_in_beside_its_registration_is_logged_with_its_place() -> None:
    bench = Bench(a_scenario(onts=()))
    bench.olt.plug(an_ont(serial=OTHER), bench.now)
    (row,) = bench.olt.log.values()
    assert (row.serial, row.result, row.conflict) == (OTHER, "serial_conflict", (IF_INDEX + 256, 3))
    assert found(bench) == []


def test_the_register_log_keeps_the_latest_rows_only() -> None:
    bench = Bench(a_scenario(onts=()))
    for _ in range(2_005):
        bench.olt.note_conflict(OTHER, IF_INDEX, (IF_INDEX + 256, 3), bench.now)
    assert len(bench.olt.log) == 2_000
    assert (IF_INDEX, 5) not in bench.olt.log
    assert (IF_INDEX, 2_005) in bench.olt.log


def test_what_cannot_be_plugged_or_unplugged_is_refused_with_its_name() -> None:
    bench = Bench()
    with pytest.raises(PortUnknown, match="'0/9/0' is not on this OLT; it has 0/1/0, 0/1/1"):
        bench.olt.plug(an_ont(serial=OTHER, port="0/9/0"), bench.now)
    with pytest.raises(OntAlreadyPlugged, match=f"{SERIAL} is plugged in on 0/1/0"):
        bench.olt.plug(an_ont(), bench.now)
    with pytest.raises(OntNotPlugged, match=OTHER):
        bench.olt.unplug(OTHER, bench.now)


def test_a_port_counts_its_own_onts_only() -> None:
    rows = tuple(an_ont_row(ont_id=n, serial=f"HWTC0000{n:04X}") for n in range(1, 4))
    bench = Bench(a_scenario(registered=rows))
    counts = [(*oids.PON_PORT, 16, IF_INDEX), (*oids.PON_PORT, 16, IF_INDEX + 256)]
    assert bench.get(*counts) == [0, 3]
    bench.set(registering())
    assert bench.get(*counts) == [1, 3]
