"""The way through a visit: which steps it has, which are done, and which comes next. Pure."""

import enum
from collections.abc import Sequence
from typing import Final

import msgspec

from field_client.replica.views import JobView
from sync_protocol.jobs import OPEN_STATES, JobEvent, JobState


class Step(enum.StrEnum):
    """One screen of a visit; the value is its place in the address."""

    TRAVEL = "travel"
    SCAN = "scan"
    LIGHT = "light"
    PHOTOS = "photos"
    SIGNATURE = "signature"
    FINISH = "finish"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A step and whether nothing is missing in it."""

    step: Step
    done: bool


_ORDER: Final = tuple(Step)
_NEXT_MOVES: Final = {
    JobState.ASSIGNED: (JobEvent.DEPART, JobEvent.ARRIVE),
    JobState.ACCEPTED: (JobEvent.DEPART, JobEvent.ARRIVE),
    JobState.EN_ROUTE: (JobEvent.ARRIVE,),
    JobState.ON_SITE: (JobEvent.START,),
    JobState.WORKING: (JobEvent.PAUSE,),
    JobState.PAUSED: (JobEvent.RESUME,),
}


def next_moves(state: JobState) -> tuple[JobEvent, ...]:
    """Say which moves a technician would make now; the usual one first."""
    return _NEXT_MOVES.get(state, ())


def is_open(view: JobView) -> bool:
    """Say whether work can still be entered."""
    return not view.card.lingering and view.card.state in OPEN_STATES


def has_begun(state: JobState) -> bool:
    """Say whether somebody is at work, or was."""
    return state not in {JobState.ASSIGNED, JobState.ACCEPTED, JobState.EN_ROUTE, JobState.ON_SITE}


def stages_of(view: JobView) -> tuple[Stage, ...]:
    """List the steps of a visit with what is done."""
    missing = view.missing
    done = {
        Step.TRAVEL: has_begun(view.card.state),
        Step.SCAN: "serial" not in missing,
        Step.LIGHT: "light" not in missing,
        Step.PHOTOS: not any(name.startswith("photo:") for name in missing),
        Step.SIGNATURE: "signature" not in missing,
        Step.FINISH: view.card.state is JobState.COMPLETED,
    }
    return tuple(Stage(step=step, done=done[step]) for step in _ORDER)


def first_open(stages: Sequence[Stage]) -> Step:
    """Say where to go on: the first step in which something is missing."""
    return next((stage.step for stage in stages if not stage.done), Step.FINISH)


def neighbours(step: Step) -> tuple[Step | None, Step | None]:
    """Name the step before and the step after."""
    place = _ORDER.index(step)
    before = _ORDER[place - 1] if place else None
    after = _ORDER[place + 1] if place + 1 < len(_ORDER) else None
    return before, after
