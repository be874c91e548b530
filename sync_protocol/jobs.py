"""The states of a job and the moves between them, for both sides.

Everything that changes the state of a job goes through ``next_state``. The table holds moves of
the office and of the field; who may make which is the business of ``sync_protocol.merge`` (field)
and of the server's commands (office).
"""

import enum
from collections.abc import Mapping
from typing import Final, NamedTuple


class JobState(enum.StrEnum):
    """Where a piece of field work stands."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    WORKING = "working"
    PAUSED = "paused"
    COMPLETED = "completed"
    NOT_DONE = "not_done"
    ABORTED = "aborted"
    CANCELLED = "cancelled"


class JobEvent(enum.StrEnum):
    """What happens to a job; the last two are the office's."""

    ACCEPT = "accept"
    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    GIVE_UP = "give_up"
    ABORT = "abort"
    ASSIGN = "assign"
    CANCEL = "cancel"


class Move(NamedTuple):
    """One row of the table: in this state, on this event, to that state."""

    source: JobState
    event: JobEvent
    target: JobState


_S = JobState
_E = JobEvent
OPEN_STATES: Final = frozenset(
    {_S.ASSIGNED, _S.ACCEPTED, _S.EN_ROUTE, _S.ON_SITE, _S.WORKING, _S.PAUSED}
)
"""States in which a technician has the job and it is not finished."""
FINAL_STATES: Final = frozenset({_S.COMPLETED, _S.CANCELLED})

# A technician who forgot to tap a step is not refused the next one: forward moves may skip.
# fmt: off
MOVES: Final = (
    Move(_S.UNASSIGNED, _E.ASSIGN,   _S.ASSIGNED),
    *(Move(state,       _E.ASSIGN,   _S.ASSIGNED)  for state in sorted(OPEN_STATES)),
    Move(_S.NOT_DONE,   _E.ASSIGN,   _S.ASSIGNED),   # a second visit
    Move(_S.ABORTED,    _E.ASSIGN,   _S.ASSIGNED),
    Move(_S.ASSIGNED,   _E.ACCEPT,   _S.ACCEPTED),
    Move(_S.ASSIGNED,   _E.DEPART,   _S.EN_ROUTE),
    Move(_S.ACCEPTED,   _E.DEPART,   _S.EN_ROUTE),
    Move(_S.ASSIGNED,   _E.ARRIVE,   _S.ON_SITE),
    Move(_S.ACCEPTED,   _E.ARRIVE,   _S.ON_SITE),
    Move(_S.EN_ROUTE,   _E.ARRIVE,   _S.ON_SITE),
    Move(_S.ASSIGNED,   _E.START,    _S.WORKING),
    Move(_S.ACCEPTED,   _E.START,    _S.WORKING),
    Move(_S.EN_ROUTE,   _E.START,    _S.WORKING),
    Move(_S.ON_SITE,    _E.START,    _S.WORKING),
    Move(_S.WORKING,    _E.PAUSE,    _S.PAUSED),
    Move(_S.PAUSED,     _E.RESUME,   _S.WORKING),
    *(Move(state,       _E.COMPLETE, _S.COMPLETED) for state in sorted(OPEN_STATES)),
    *(Move(state,       _E.GIVE_UP,  _S.NOT_DONE)  for state in sorted(OPEN_STATES)),
    *(Move(state,       _E.ABORT,    _S.ABORTED)   for state in sorted(OPEN_STATES)),
    Move(_S.NOT_DONE,   _E.COMPLETE, _S.COMPLETED),  # evidence is never refused: they went back in
    Move(_S.ABORTED,    _E.COMPLETE, _S.COMPLETED),
    Move(_S.UNASSIGNED, _E.CANCEL,   _S.CANCELLED),
    *(Move(state,       _E.CANCEL,   _S.CANCELLED) for state in sorted(OPEN_STATES)),
    Move(_S.NOT_DONE,   _E.CANCEL,   _S.CANCELLED),
    Move(_S.ABORTED,    _E.CANCEL,   _S.CANCELLED),
)
# fmt: on
_TARGETS: Final[Mapping[tuple[JobState, JobEvent], JobState]] = {
    (move.source, move.event): move.target for move in MOVES
}


class MoveNotAllowed(ValueError):
    """The event does not apply in the present state; nothing changed."""

    def __init__(self, state: JobState, event: JobEvent) -> None:
        allowed = sorted(move.event for move in MOVES if move.source is state)
        super().__init__(
            f"a job that is {state} cannot {event}; possible: {', '.join(allowed) or 'nothing'}"
        )
        self.state = state
        self.event = event


def next_state(state: JobState, event: JobEvent) -> JobState:
    """Look up where an event leads.

    Raises:
        MoveNotAllowed: names the state, the event and what would be possible.
    """
    target = _TARGETS.get((state, event))
    if target is None:
        raise MoveNotAllowed(state, event)
    return target
