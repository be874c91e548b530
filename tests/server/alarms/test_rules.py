"""When alarms begin and end. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.requests import DownReason, Phase
from server.alarms import rules
from server.alarms.records import SEVERITIES, Alarm, AlarmKind, Expected, OntLight, OntState
from server.alarms.rules import Changes
from tests.server.factories import NOON

SERVICE = UUID(int=1)
FIVE_MINUTES = timedelta(minutes=5)
BASELINE = -1900


def an_ont(phase: Phase, reason: DownReason = DownReason.UNKNOWN, **changes: object) -> Expected:
    state = OntState(service_id=SERVICE, phase=phase, since=NOON, reason=reason)
    expected = Expected(
        service_id=SERVICE,
        serial="HWTC00000001",
        ont_id=1,
        splitter_id=UUID(int=2),
        terminal_id=UUID(int=3),
        state=state,
    )
    return msgspec.structs.replace(expected, **changes)


def an_alarm(kind: AlarmKind = AlarmKind.LOSS_OF_SIGNAL, number: int = 9) -> Alarm:
    return Alarm(
        id=UUID(int=number),
        kind=kind,
        severity=SEVERITIES[kind],
        olt_id=UUID(int=4),
        service_id=SERVICE,
        raised_at=NOON,
    )


def a_light(rx_cdbm: int | None, baseline_cdbm: int | None = BASELINE) -> OntLight:
    return OntLight(
        service_id=SERVICE,
        serial="HWTC00000001",
        next_at=NOON,
        baseline_cdbm=baseline_cdbm,
        rx_cdbm=rx_cdbm,
    )


@pytest.mark.parametrize(
    ("reason", "kinds"),
    [
        (DownReason.LIGHT, [AlarmKind.LOSS_OF_SIGNAL]),
        (DownReason.UNKNOWN, [AlarmKind.LOSS_OF_SIGNAL]),
        (DownReason.POWER, [AlarmKind.DYING_GASP]),
        (DownReason.ORDERED, []),
    ],
)
def test_a_dark_ont_is_an_alarm_by_its_reason(reason: DownReason, kinds: list[AlarmKind]) -> None:
    changes = rules.after_poll([an_ont(Phase.OFFLINE, reason)], [], NOON)

    assert [each.kind for each in changes.raised] == kinds


@pytest.mark.parametrize("phase", [Phase.ONLINE, Phase.UNKNOWN])
def test_what_is_not_known_to_be_dark_is_no_alarm(phase: Phase) -> None:
    assert rules.after_poll([an_ont(phase)], [], NOON) == Changes()


def test_an_ont_of_which_nothing_is_known_keeps_its_alarm() -> None:
    later = NOON + timedelta(days=1)

    assert rules.after_poll([an_ont(Phase.UNKNOWN)], [an_alarm()], later) == Changes()


def test_what_belongs_to_a_fault_of_the_plant_has_no_alarm_of_its_own() -> None:
    dark = an_ont(Phase.OFFLINE, DownReason.LIGHT, fault_id=UUID(int=7))

    assert rules.after_poll([dark], [], NOON) == Changes()
    assert rules.after_poll([dark], [an_alarm()], NOON).cleared == (UUID(int=9),)


def test_an_alarm_ends_when_its_ont_has_been_up_for_long_enough() -> None:
    up = an_ont(Phase.ONLINE)

    just_before = rules.after_poll([up], [an_alarm()], NOON + rules.STEADY_FOR - FIVE_MINUTES)
    then = rules.after_poll([up], [an_alarm()], NOON + rules.STEADY_FOR)

    assert (just_before.cleared, then.cleared) == ((), (UUID(int=9),))


def test_an_ont_that_turns_out_to_lack_power_changes_the_kind_of_its_alarm() -> None:
    changes = rules.after_poll([an_ont(Phase.OFFLINE, DownReason.POWER)], [an_alarm()], NOON)

    assert changes.cleared == (UUID(int=9),)
    assert [each.kind for each in changes.raised] == [AlarmKind.DYING_GASP]


def test_a_service_that_runs_no_longer_has_no_alarm() -> None:
    degraded = an_alarm(AlarmKind.DEGRADATION)

    assert rules.after_poll([], [degraded], NOON).cleared == (degraded.id,)


def test_a_poll_says_nothing_of_the_light_of_an_ont() -> None:
    later = NOON + timedelta(days=1)

    degraded = an_alarm(AlarmKind.DEGRADATION)
    assert rules.after_poll([an_ont(Phase.ONLINE)], [degraded], later) == Changes()


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_an_ont_that_comes_and_goes_is_one_alarm(seen_up: list[bool]) -> None:
    """Polled every five minutes, and never up for fifteen minutes on end."""
    ups = [up and not all(seen_up[max(0, i - 2) : i]) for i, up in enumerate(seen_up)]

    assert len(list(_raised_over(ups))) == (0 if all(ups) else 1)


def _raised_over(ups: Iterable[bool]) -> Iterable[Alarm]:
    now, known = NOON, tuple[Alarm, ...]()
    state: OntState | None = None
    for number, up in enumerate(ups):
        state = _next_state(state, Phase.ONLINE if up else Phase.OFFLINE, now)
        changes = rules.after_poll([an_ont(Phase.ONLINE, state=state)], known, now)
        known = tuple(each for each in known if each.id not in changes.cleared)
        for raised in changes.raised:
            yield (alarm := an_alarm(raised.kind, number))
            known = (*known, alarm)
        now += FIVE_MINUTES


def _next_state(before: OntState | None, phase: Phase, now: datetime) -> OntState:
    if before is not None and before.phase is phase:
        return before
    return OntState(service_id=SERVICE, phase=phase, since=now, reason=DownReason.LIGHT)


@given(st.integers(-4000, -500))
def test_half_of_the_light_raises_an_alarm_and_less_does_not(rx_cdbm: int) -> None:
    changes = rules.after_reading(a_light(rx_cdbm), None)

    assert bool(changes.raised) == (BASELINE - rx_cdbm >= rules.DEGRADED_CDB)


@given(st.integers(-4000, -500))
def test_an_alarm_about_light_ends_nearer_to_the_baseline_than_it_began(rx_cdbm: int) -> None:
    degraded = an_alarm(AlarmKind.DEGRADATION)
    changes = rules.after_reading(a_light(rx_cdbm), degraded)

    assert bool(changes.cleared) == (BASELINE - rx_cdbm <= rules.RESTORED_CDB)
    assert changes.raised == ()


def test_without_a_reading_or_a_baseline_nothing_is_said_of_light() -> None:
    assert rules.after_reading(a_light(None), None) == Changes()
    assert rules.after_reading(a_light(-3000, baseline_cdbm=None), None) == Changes()


def test_another_ont_is_compared_with_its_own_first_reading() -> None:
    same = rules.read_light(a_light(-1900), "HWTC00000001", -2500, NOON)
    other = rules.read_light(a_light(-1900), "HWTC00000002", -2500, NOON)

    assert (same.baseline_cdbm, other.baseline_cdbm) == (BASELINE, -2500)
    assert other.serial == "HWTC00000002"
