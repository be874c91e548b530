"""The one way to write to an OLT: once, then read back, and believe only what was read."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from activation.drivers.snmp_failures import write_failure
from activation.failures import Failure, OutcomeUnknown
from activation.snmp import Binding, NotSent, SnmpError, SnmpSession, Written

R = TypeVar("R")


async def write_once(
    session: SnmpSession,
    step: str,
    bindings: Sequence[Binding],
    read: Callable[[], Awaitable[R | Failure]],
    is_done: Callable[[R], bool | Failure],
) -> Failure | None:
    """Send a write a single time and read back what came of it; None when it is so.

    ``is_done`` judges what was read: done, not done, or a failure such as another ONT's serial.
    """
    written = await session.set_many(bindings)
    if isinstance(written, NotSent):
        return write_failure(session.peer, step, written)
    found = await read()
    if isinstance(found, Failure):
        return OutcomeUnknown(step=step, detail=f"{said(written)}; reading back: {found}")
    verdict = is_done(found)
    if not isinstance(verdict, bool):
        return verdict
    return None if verdict else not_done(session.peer, step, written)


def not_done(olt: str, step: str, written: Written | SnmpError) -> Failure:
    """Say why what was written is not there."""
    if isinstance(written, Written):
        return OutcomeUnknown(step=step, detail="accepted, but not so when read back")
    return write_failure(olt, step, written)


def said(written: Written | SnmpError) -> str:
    """Say what the OLT answered to a write."""
    return "accepted" if isinstance(written, Written) else str(written)
