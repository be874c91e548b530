"""An attempt is stored with what was asked of the OLT and what it answered."""

import msgspec

from activation.recording import CHARACTERS_MAX
from activation.simulator.faults import FaultKind
from server.database.tables.fulfilment import process_attempts
from tests.server.factories import rows
from tests.server.fulfilment.shift import Shift


async def test_a_registration_is_stored_with_its_writes(shift: Shift) -> None:
    shift.complete_job()

    await shift.worker.settle()

    attempts = {row["step"]: row["detail"] for row in rows(shift.store, process_attempts)}
    verbs = [each["verb"] for each in attempts["register"]["exchanges"]]
    assert verbs.count("set") == 2
    assert verbs[-1] == "get"
    assert "exchanges" in attempts["verify_online"]
    assert "exchanges" not in attempts["go_live"]


async def test_an_olt_that_is_silent_leaves_the_silence_in_the_attempt(shift: Shift) -> None:
    shift.world.olt.fail(FaultKind.SILENT, count=40)
    shift.complete_job()

    await shift.worker.settle()

    details = [row["detail"] for row in rows(shift.store, process_attempts)]
    errors = [each.get("error") for detail in details for each in detail.get("exchanges", ())]
    assert any(error and error.startswith("no answer within") for error in errors)
    for detail in details:
        text = msgspec.json.encode(detail)
        assert len(text) < 2 * CHARACTERS_MAX
        assert b"town-" not in text
