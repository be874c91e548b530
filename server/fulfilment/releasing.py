"""Taking back what a job made on an OLT: nothing that was there before, nothing in doubt."""

from collections.abc import Callable

from activation.driver import OltDriver
from activation.failures import ForeignOnt
from activation.requests import NoChange, Removed
from server.acts import Act
from server.database import Store
from server.fulfilment import reservations
from server.fulfilment.device_failures import after_failure
from server.fulfilment.records import Process
from server.fulfilment.situation import Reserved
from server.fulfilment.steps import Outcome


async def take_back(
    store: Store,
    process: Process,
    own: Reserved,
    driver: OltDriver,
    *,
    begin_act: Callable[[], Act],
) -> Outcome | None:
    """Remove a registration that is ours and give its ids up; None when that is done.

    One that was only adopted stays on the OLT: whoever made it decides about it.
    """
    if not own.adopted:
        removed = await driver.remove(own.allocation, own.serial)
        # A stranger at our ids: they were reserved and never written, nothing of ours is there.
        if not isinstance(removed, Removed | NoChange | ForeignOnt):
            return after_failure(removed)
    await store.write(reservations.release, process, own, act=begin_act())
    return None
