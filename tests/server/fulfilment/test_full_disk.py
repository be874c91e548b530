"""A worker whose disk takes nothing more: it is stuck with nothing, and goes on with room."""

import contextlib

import pytest

from server.database.full_disk import StorageFull
from server.fulfilment.records import ProcessState
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.full_disks import NO_LIMIT, leave_pages


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("pages", [0, 1, 2, 4, 8])
async def test_all_is_done_once_although_the_disk_was_full_in_between(
    shift: Shift, pages: int
) -> None:
    placed, _ = shift.complete_job()

    leave_pages(shift.store, pages)
    # The loop lets go of what cannot be noted, and takes it again when its lease has ended.
    with contextlib.suppress(StorageFull):
        await shift.worker.settle()
    assert shift.process().state is not ProcessState.STUCK
    leave_pages(shift.store, NO_LIMIT)
    await shift.worker.settle()

    assert shift.process().state is ProcessState.DONE
    assert shift.figures() == ONCE
    assert shift.service(placed.service_id)
