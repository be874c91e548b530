"""The session of a subscriber as part of the proof, from a RADIUS server's real table."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from activation.snmp import Secret
from server.database.tables.billing import invoice_lines
from server.fulfilment import storage
from server.fulfilment.ownership import owner_of
from server.fulfilment.records import Intent, ProcessState, Progress
from server.fulfilment.session_proof import CLOCKS_APART, after_answer
from server.fulfilment.steps import Advance, Hold, StepName, Wait
from server.people.records import Role, Scope
from server.services.records import ServiceState
from server.session_sources.records import Answer, NoSession, Session, SourceUnavailable
from server.session_sources.sources import opened_sources
from server.session_sources.wanted import KeaLeases, RadiusAccounting
from server.settings import Settings
from tests.server.factories import NOON, count
from tests.server.fulfilment.a_process import a_process
from tests.server.fulfilment.running import process_of, running, swap
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.fulfilment.test_service_api import office
from tests.server.operator import Operator
from tests.server.session_sources.radacct import Radacct
from tests.server.session_sources.stand_in import PASSWORD, USER, a_kea
from tests.server.tablets import OTHER_SERIAL, SERIAL

BEFORE = NOON - CLOCKS_APART - timedelta(seconds=1)
VERIFIED = Advance(step=StepName.SAVE, progress=Progress(registered_at=NOON, rx_power_cdbm=-1910))
OPEN = Session(identifier="x", since=NOON, address="10.0.0.1")
STALE = msgspec.structs.replace(OPEN, since=BEFORE)
SKEWED = msgspec.structs.replace(OPEN, since=NOON - CLOCKS_APART)
SILENT = SourceUnavailable("it sleeps")


@pytest.mark.parametrize(
    ("answer", "is_required", "last_code", "after_s", "expected"),
    [
        (OPEN, True, None, 8, (Advance, None)),
        (SKEWED, True, None, 8, (Advance, None)),
        (OPEN, True, "NO_SESSION", 9999, (Advance, None)),
        (STALE, True, None, 8, (Wait, "NO_SESSION")),
        (STALE, False, None, 9999, (Hold, "NO_SESSION")),
        (NoSession(identifier="x"), False, None, 8, (Wait, "NO_SESSION")),
        (NoSession(identifier="x"), True, None, 9999, (Hold, "NO_SESSION")),
        (SILENT, True, None, 8, (Wait, "SESSION_SOURCE_UNAVAILABLE")),
        (SILENT, True, None, 9999, (Hold, "SESSION_SOURCE_UNAVAILABLE")),
        (SILENT, False, None, 8, (Advance, None)),
        (SILENT, False, "ONT_OFFLINE", 9999, (Advance, None)),
        (SILENT, False, "NO_SESSION", 8, (Wait, "NO_SESSION")),
        (SILENT, False, "NO_SESSION", 9999, (Hold, "NO_SESSION")),
        (SILENT, False, "SESSION_SOURCE_UNAVAILABLE", 9999, (Advance, None)),
    ],
)
def test_what_follows_from_each_answer(
    answer: Answer,
    *,
    is_required: bool,
    last_code: str | None,
    after_s: float,
    expected: tuple[type, str | None],
) -> None:
    now = NOON + timedelta(seconds=after_s)

    outcome = after_answer(
        a_process(code=last_code), VERIFIED, answer, is_required=is_required, now=now
    )

    assert (type(outcome), getattr(outcome, "code", None)) == expected


@contextlib.asynccontextmanager
async def asking(shift: Shift, file: Path, **changes: object) -> AsyncGenerator[Operator]:
    """A worker that asks the accounting database in a file, whether or not it is there yet."""
    bng = RadiusAccounting(
        url=Secret(f"sqlite:///{file}"), identifier="fl-{service_id}", timeout_ms=5000
    )
    settings = Settings(session_sources={"bng": bng}, session_source="bng")
    async with opened_sources(msgspec.structs.replace(settings, **changes)) as sources:
        yield Operator(shift.store, shift.world, sources=sources)


def accounting(file: Path) -> Radacct:
    return Radacct(f"sqlite:///{file}")


def found(shift: Shift) -> list[Mapping[str, Any]]:
    """Read what the attempts to verify found of the session."""
    attempts = shift.store.read_now(storage.list_attempts, [shift.process().id])
    return [each.detail["session"] for each in attempts if "session" in each.detail]


async def test_a_service_is_held_until_its_session_comes_and_then_goes_live_once(
    shift: Shift, tmp_path: Path
) -> None:
    radacct = accounting(tmp_path / "radius.db")
    async with asking(shift, tmp_path / "radius.db") as worker:
        placed, _ = shift.complete_job()
        await worker.settle()
        held = shift.process()
        assert (held.state, held.code) == (ProcessState.HELD, "NO_SESSION")
        assert shift.service(placed.service_id).state is ServiceState.RESERVED
        assert count(shift.store, invoice_lines) == 0

        radacct.add(
            1,
            username=f"fl-{placed.service_id}",
            acctstarttime=shift.world.clock().replace(tzinfo=None),
            framedipaddress="10.0.0.7",
        )
        came_at = shift.world.clock()
        await worker.settle()

    service = shift.service(placed.service_id)
    assert (service.state, service.ont_serial) == (ServiceState.ACTIVE, SERIAL)
    assert service.live_at is not None
    assert service.live_at >= came_at
    assert shift.figures() == ONCE
    none, last = found(shift)[0], found(shift)[-1]
    assert (none["source"], none["found"]) == ("bng", "none")
    assert (last["found"], last["address"]) == ("session", "10.0.0.7")
    assert datetime.fromisoformat(last["since"]) == came_at
    assert "10.0.0.7" not in repr(shift.process().progress)


async def test_a_lease_that_a_dhcp_server_gave_since_lets_a_service_go_live(shift: Shift) -> None:
    async with a_kea() as kea:
        dhcp = KeaLeases(
            url=kea.url,
            identifier="{serial}",
            user=USER,
            password=Secret(PASSWORD),
            timeout_ms=5000,
        )
        settings = Settings(session_sources={"dhcp": dhcp}, session_source="dhcp")
        placed, _ = shift.complete_job()
        client_id = f"00:{SERIAL.encode().hex(':')}"
        kea.lease("10.0.0.7", int(shift.world.clock().timestamp()) - 3600, client_id=client_id)
        async with opened_sources(settings) as sources:
            worker = Operator(shift.store, shift.world, sources=sources)
            await worker.settle()
            assert shift.process().code == "NO_SESSION"

            kea.lease("10.0.0.8", int(shift.world.clock().timestamp()), client_id=client_id)
            await worker.settle()

    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
    assert found(shift)[-1]["address"] == "10.0.0.8"


async def test_a_session_of_the_former_ont_is_no_proof(shift: Shift, tmp_path: Path) -> None:
    radacct = accounting(tmp_path / "radius.db")
    async with asking(shift, tmp_path / "radius.db") as worker:
        placed, _ = shift.complete_job()
        began = shift.world.clock() - timedelta(days=30)
        name = f"fl-{placed.service_id}"
        radacct.add(1, username=name, acctstarttime=began.replace(tzinfo=None))
        await worker.settle()

    process = shift.process()
    assert (process.state, process.code) == (ProcessState.HELD, "NO_SESSION")
    attempts = shift.store.read_now(storage.list_attempts, [process.id])
    assert "is older than the ONT's registration" in attempts[-1].detail["detail"]
    assert owner_of("NO_SESSION") is Role.NOC


async def test_a_swapped_ont_is_proven_by_a_session_of_its_own(
    shift: Shift, tmp_path: Path
) -> None:
    radacct = accounting(tmp_path / "radius.db")
    service_id = await running(shift)
    name = f"fl-{service_id}"
    radacct.add(1, username=name, acctstarttime=shift.world.clock().replace(tzinfo=None))
    shift.world.clock.advance(3600)
    async with asking(shift, tmp_path / "radius.db") as worker:
        swap(shift, OTHER_SERIAL)
        await worker.settle()
        held = process_of(shift, Intent.SWAP)
        assert (held.state, held.code) == (ProcessState.HELD, "NO_SESSION")

        radacct.add(2, username=name, acctstarttime=shift.world.clock().replace(tzinfo=None))
        await worker.settle()

    assert process_of(shift, Intent.SWAP).state is ProcessState.DONE
    assert shift.service(service_id).ont_serial == OTHER_SERIAL


async def test_a_silent_source_holds_a_service_where_the_session_is_required(
    shift: Shift, tmp_path: Path
) -> None:
    file = tmp_path / "radius.db"
    async with asking(shift, file) as worker:
        placed, _ = shift.complete_job()
        await worker.settle()
        process = shift.process()
        assert (process.state, process.code) == (ProcessState.HELD, "SESSION_SOURCE_UNAVAILABLE")

        accounting(file).add(
            1,
            username=f"fl-{placed.service_id}",
            acctstarttime=shift.world.clock().replace(tzinfo=None),
        )
        await worker.settle()

    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
    assert shift.process().progress.session_code is None
    assert shift.figures() == ONCE


async def test_a_service_goes_live_past_a_silent_source_where_that_is_the_policy(
    shift: Shift, tmp_path: Path
) -> None:
    async with asking(shift, tmp_path / "radius.db", session_proof="preferred") as worker:
        placed, _ = shift.complete_job()
        await worker.settle()

    assert shift.service(placed.service_id).state is ServiceState.ACTIVE
    assert shift.process().progress.session_code == "SESSION_SOURCE_UNAVAILABLE"
    (unseen,) = found(shift)
    assert (unseen["found"], unseen["source"]) == ("unavailable", "bng")


async def test_a_source_that_falls_silent_does_not_make_a_session_of_none(
    shift: Shift, tmp_path: Path
) -> None:
    radacct = accounting(tmp_path / "radius.db")
    async with asking(shift, tmp_path / "radius.db", session_proof="preferred") as worker:
        placed, _ = shift.complete_job()
        await worker.settle()
        radacct.write("DROP TABLE radacct")
        await worker.settle()

    process = shift.process()
    assert (process.state, process.code) == (ProcessState.HELD, "NO_SESSION")
    assert found(shift)[-1]["found"] == "unavailable"
    assert shift.service(placed.service_id).state is ServiceState.RESERVED


async def test_light_is_judged_first_and_nobody_is_asked_about_a_dark_ont(
    shift: Shift, tmp_path: Path
) -> None:
    shift.complete_job()
    async with asking(shift, tmp_path / "radius.db") as worker:
        await worker.settle(within_s=1)
        shift.world.olt.unplug()
        await worker.settle()

    assert shift.process().code == "ONT_OFFLINE"
    assert found(shift) == []


async def test_an_olt_without_a_source_is_proven_by_light_alone(
    shift: Shift, tmp_path: Path
) -> None:
    none = {"session_source_of_olts": {"OLT-1": ""}}
    async with asking(shift, tmp_path / "radius.db", **none) as worker:
        shift.complete_job()
        await worker.settle()

    assert shift.process().state is ProcessState.DONE
    assert found(shift) == []


async def test_the_office_sees_what_was_found_of_the_session(shift: Shift, tmp_path: Path) -> None:
    accounting(tmp_path / "radius.db")
    async with asking(shift, tmp_path / "radius.db") as worker:
        placed, _ = shift.complete_job()
        await worker.settle()
    async with office(shift, tmp_path, Scope.JOBS_READ) as client:
        answer = await client.get(f"/api/jobs/{placed.job_id}/fulfilment")

    last = answer.json()["attempts"][-1]
    assert (last["code"], last["detail"]["session"]["found"]) == ("NO_SESSION", "none")
    (waiting,) = answer.json()["waiting_for"]
    assert (waiting["code"], waiting["owner"]) == ("NO_SESSION", "noc")
