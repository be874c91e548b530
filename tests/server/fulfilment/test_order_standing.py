"""An order says what it waits for, since when and who owns it, with a visit and without."""

from pathlib import Path

import pytest

from activation.simulator.faults import FaultKind
from server import cli
from server.fulfilment import order_standing
from server.fulfilment.order_standing import Awaited, OrderStanding
from server.fulfilment.records import Intent
from server.orders.records import OrderState
from server.people.records import Role, Scope
from server.problems import NotFound
from tests.server.factories import assign, assigned_job, found_town, place_order
from tests.server.fulfilment.running import order, running
from tests.server.fulfilment.shift import Shift
from tests.server.fulfilment.test_service_api import office
from tests.server.operator import opened


def standing(shift: Shift, number: str) -> OrderStanding:
    return shift.store.read_now(order_standing.get, number)


async def test_an_order_without_a_visit_waits_for_its_step_and_then_for_nothing(
    shift: Shift,
) -> None:
    service_id = await running(shift)
    placed = order(shift, service_id, Intent.SUSPEND, "X-1", reason="vacation")

    before = standing(shift, "X-1")
    placed_at = shift.world.clock()
    await shift.worker.settle()
    after = standing(shift, "X-1")

    assert (before.intent, before.reason, before.job_id) == ("suspend", "vacation", None)
    assert before.process_id == placed.process_id
    assert before.waiting_for == Awaited(code="suspend", since=placed_at, owner=Role.NOC)
    assert (after.state, after.waiting_for) == (OrderState.COMPLETED, None)


async def test_an_order_whose_olt_refuses_waits_for_the_coded_reason(shift: Shift) -> None:
    service_id = await running(shift)
    shift.world.olt.fail(FaultKind.SILENT)
    order(shift, service_id, Intent.DISCONNECT, "X-1", reason="moved_out")
    await shift.worker.run_due()

    waiting = standing(shift, "X-1").waiting_for

    assert waiting is not None
    assert (waiting.code, waiting.owner) == ("OLT_UNREACHABLE", Role.NOC)


def test_an_order_with_a_visit_waits_for_a_dispatcher_and_then_for_the_technician(
    shift: Shift,
) -> None:
    placed = place_order(shift.store)
    before = standing(shift, "O-1").waiting_for
    assign(shift.store, placed.job_id, shift.town.ada)
    after = standing(shift, "O-1").waiting_for

    assert before is not None
    assert (before.code, before.owner) == ("unassigned", Role.DISPATCHER)
    assert after is not None
    assert (after.code, after.owner) == ("assigned", Role.TECHNICIAN)


def test_a_number_that_no_order_has_is_named(shift: Shift) -> None:
    with pytest.raises(NotFound, match="X-9"):
        standing(shift, "X-9")


async def test_an_order_without_a_visit_is_answered_over_http(shift: Shift, tmp_path: Path) -> None:
    service_id = await running(shift)
    order(shift, service_id, Intent.SUSPEND, "X-1", reason="fraud")
    async with office(shift, tmp_path, Scope.ORDERS_READ) as client:
        answer = await client.get("/api/orders/X-1")

    assert answer.status_code == 200, answer.text
    assert answer.json()["waiting_for"]["code"] == "suspend"


def test_the_shell_says_how_an_order_stands(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with opened(sqlite_url) as store:
        town = found_town(store)
        assigned_job(store, town.ada)
    settings = tmp_path / "settings.toml"
    settings.write_text(f'database_url = "{sqlite_url}"\n')

    assert cli.main(["--settings", str(settings), "order", "show", "O-1"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("order O-1 is inProgress: add, service ")
    assert "waits for assigned since " in said
    assert said.endswith(": technician\n")
