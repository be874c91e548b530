"""Which dark ONTs belong to one fault of the plant. Pure."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.requests import DownReason, Listing, OntRef, Phase, PolledOnt, PonPort
from server.alarms.correlation import AT_LEAST, TOGETHER, dark_branches, is_over, states_after
from server.alarms.records import Expected, OntState
from tests.server.factories import NOON

PORT_ID = UUID(int=1)
PORT = PonPort(frame=0, slot=1, port=0)
LONG_AGO = NOON - timedelta(days=30)


def an_ont(number: int, **changes: object) -> Expected:
    """One service: sixteen to a terminal, four terminals to a splitter."""
    expected = Expected(
        service_id=UUID(int=1000 + number),
        serial=f"HWTC{number:08X}",
        ont_id=number,
        splitter_id=UUID(int=100 + number // 64),
        terminal_id=UUID(int=200 + number // 16),
        state=a_state(number),
    )
    return msgspec.structs.replace(expected, **changes)


def a_state(number: int, phase: Phase = Phase.ONLINE, **changes: object) -> OntState:
    state = OntState(service_id=UUID(int=1000 + number), phase=phase, since=LONG_AGO)
    return msgspec.structs.replace(state, **changes)


def dark(number: int, **changes: object) -> Expected:
    values: dict[str, object] = {"since": NOON, "reason": DownReason.LIGHT, **changes}
    return an_ont(number, state=a_state(number, Phase.OFFLINE, **values))


def polled(number: int, phase: Phase = Phase.ONLINE, **changes: object) -> PolledOnt:
    seen = PolledOnt(
        ref=OntRef(port=PORT, ont_id=number),
        serial=f"HWTC{number:08X}",
        phase=phase,
        down_cause="loss of signal",
        reason=DownReason.LIGHT,
    )
    return msgspec.structs.replace(seen, **changes)


def test_a_port_that_goes_dark_is_one_fault_of_the_port() -> None:
    (found,) = dark_branches(PORT_ID, [dark(number) for number in range(128)], NOON)

    assert found.branch == ("pon_port", PORT_ID)
    assert len(found.service_ids) == 128


def test_a_terminal_that_goes_dark_is_named_as_such() -> None:
    port = [dark(n) if 16 <= n < 32 else an_ont(n) for n in range(128)]

    (found,) = dark_branches(PORT_ID, port, NOON)

    assert found.branch == ("terminal", UUID(int=201))


def test_a_splitter_that_goes_dark_is_told_once_and_not_with_its_terminals() -> None:
    port = [dark(n) if n < 64 else an_ont(n) for n in range(128)]

    (found,) = dark_branches(PORT_ID, port, NOON)

    assert found.branch == ("splitter", UUID(int=100))


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": DownReason.POWER},
        {"reason": DownReason.ORDERED},
        {"since": NOON - TOGETHER - timedelta(seconds=1)},
    ],
    ids=["lost their power", "were switched off", "have been dark for long"],
)
def test_what_is_dark_for_another_reason_is_no_fault_of_the_plant(
    changes: dict[str, object],
) -> None:
    assert dark_branches(PORT_ID, [dark(n, **changes) for n in range(128)], NOON) == ()


def test_a_few_dark_onts_among_many_are_no_fault_of_the_plant() -> None:
    scattered = [dark(n) if n % 16 == 0 else an_ont(n) for n in range(128)]

    assert dark_branches(PORT_ID, scattered, NOON) == ()


def test_fewer_than_the_least_are_no_fault_although_all_of_them_are_dark() -> None:
    assert dark_branches(PORT_ID, [dark(n) for n in range(AT_LEAST - 1)], NOON) == ()
    assert len(dark_branches(PORT_ID, [dark(n) for n in range(AT_LEAST)], NOON)) == 1


def test_what_belongs_to_an_open_fault_makes_no_second_one() -> None:
    known = [dark(n) for n in range(128)]
    known = [msgspec.structs.replace(each, fault_id=UUID(int=7)) for each in known]

    assert dark_branches(PORT_ID, known, NOON) == ()


@given(st.sets(st.integers(0, 127)))
def test_a_service_belongs_to_one_fault_at_most(lost: set[int]) -> None:
    port = [dark(n) if n in lost else an_ont(n) for n in range(128)]

    found = [each for branch in dark_branches(PORT_ID, port, NOON) for each in branch.service_ids]

    assert len(found) == len(set(found))
    assert set(found) <= {UUID(int=1000 + n) for n in lost}


def test_a_poll_tells_only_what_changed() -> None:
    listing = Listing(items=(polled(0), polled(1, Phase.OFFLINE)), complete=True)

    (changed,) = states_after([an_ont(0), an_ont(1)], listing, NOON)

    assert (changed.service_id, changed.phase, changed.since) == (
        UUID(int=1001),
        Phase.OFFLINE,
        NOON,
    )
    assert (changed.reason, changed.cause) == (DownReason.LIGHT, "loss of signal")


def test_what_is_missing_from_a_whole_listing_is_unknown_and_from_half_a_one_untold() -> None:
    for complete, told in ((True, [Phase.UNKNOWN]), (False, [])):
        listing = Listing(items=(polled(0),), complete=complete)
        changed = states_after([an_ont(0), an_ont(1)], listing, NOON)
        assert [each.phase for each in changed] == told


def test_a_stranger_at_the_same_id_tells_nothing_of_ours() -> None:
    listing = Listing(items=(polled(0, serial="HWTC0000FFFF"),), complete=True)

    (changed,) = states_after([an_ont(0)], listing, NOON)

    assert changed.phase is Phase.UNKNOWN


@given(st.integers(1, 2000), st.data())
def test_a_fault_is_over_when_nearly_all_are_back(affected: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, affected))

    assert is_over(affected, left) == (left * 10 <= affected)
