"""Who looks after what does not go on by itself: an owner for every coded reason. Pure."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from server.fulfilment.reasons import reason_of
from server.fulfilment.records import Process, ProcessState
from server.people.records import Role

_OWNED_STATES: Final = frozenset({ProcessState.STUCK, ProcessState.HELD, ProcessState.WAITING})


class WaitingFor(msgspec.Struct, frozen=True, kw_only=True):
    """What a process waits for, since when, and who can do something about it."""

    process_id: UUID
    state: ProcessState
    code: str
    since: datetime
    owner: Role


def owner_of(code: str) -> Role:
    """Name who looks after a reason; whatever concerns the network or the plant is the NOC's.

    >>> owner_of("ONT_SERIAL_DUP"), owner_of("EVIDENCE_INCOMPLETE")
    (<Role.NOC: 'noc'>, <Role.DISPATCHER: 'dispatcher'>)
    """
    return reason_of(code).owner


def waiting_for(processes: tuple[Process, ...]) -> tuple[WaitingFor, ...]:
    """Say what these processes wait for; one that goes on by itself waits for nothing."""
    return tuple(
        WaitingFor(
            process_id=process.id,
            state=process.state,
            code=process.code,
            since=process.updated_at,
            owner=owner_of(process.code),
        )
        for process in processes
        if process.code is not None and process.state in _OWNED_STATES
    )
