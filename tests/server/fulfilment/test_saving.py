"""Saving an OLT: once for all that was written before, and never a reason to wait.

No driver of ours that these tests run can save yet, so one is let save here.
"""

from datetime import timedelta

import pytest

from activation.driver import DriverCapability
from activation.drivers.huawei.olt import HuaweiOlt
from activation.failures import Failure, OltUnreachable
from activation.requests import Saved
from server.database.tables.fulfilment import olt_saves
from server.fulfilment.records import Intent, ProcessState
from server.fulfilment.saving import is_covered
from server.services.records import ServiceState
from tests.server.factories import NOON, count
from tests.server.fulfilment.running import order, process_of, running
from tests.server.fulfilment.shift import ONCE, Shift


def let_save(monkeypatch: pytest.MonkeyPatch, answer: Saved | Failure) -> list[None]:
    """Let the driver save with this answer; what it returns grows with each save."""
    saves: list[None] = []

    async def save_configuration(_driver: HuaweiOlt) -> Saved | Failure:
        saves.append(None)
        return answer

    monkeypatch.setattr(HuaweiOlt, "capabilities", frozenset(DriverCapability))
    monkeypatch.setattr(HuaweiOlt, "save_configuration", save_configuration)
    return saves


async def test_what_was_written_is_saved_before_the_service_goes_live(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves = let_save(monkeypatch, Saved())
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "S-1", reason="fraud")
    await shift.worker.settle()

    assert (len(saves), count(shift.store, olt_saves)) == (2, 1)
    assert shift.service(service_id).state is ServiceState.SUSPENDED


async def test_a_save_that_fails_holds_no_service_back(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_save(monkeypatch, OltUnreachable(olt="Altstadt-1", detail="no answer"))

    await running(shift)

    assert shift.figures() == ONCE
    process = process_of(shift, Intent.ACTIVATE)
    assert (process.state, process.progress.save_code) == (ProcessState.DONE, "OLT_UNREACHABLE")
    assert count(shift.store, olt_saves) == 0


def test_a_save_covers_only_what_was_written_before_it_began() -> None:
    later = NOON + timedelta(seconds=1)

    assert is_covered(NOON, later)
    assert not is_covered(later, NOON)
    assert not is_covered(NOON, NOON)
    assert not is_covered(NOON, None)
    assert not is_covered(None, NOON)
