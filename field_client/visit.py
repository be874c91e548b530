"""The way through a visit: which steps it has, which are done, and which comes next. Pure.

The steps of a kind follow from what ``sync_protocol.visits`` says of it. Photos can be taken of
every visit, also where none is required.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from field_client.old_ont import find_old_ont
from field_client.replica.views import JobView
from sync_protocol.documents import JobKind
from sync_protocol.jobs import OPEN_STATES, JobEvent, JobState
from sync_protocol.visits import KINDS, NEEDS, Need


class Step(enum.StrEnum):
    """One screen of a visit, in their order; the value is its place in the address."""

    TRAVEL = "travel"
    SCAN = "scan"
    LIGHT = "light"
    PHOTOS = "photos"
    CHECKS = "checks"
    SIGNATURE = "signature"
    FINISH = "finish"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A step and whether nothing is missing in it.

    ``is_needed``: as things stand; what was done in a step that needs nothing is kept all the same.
    """

    step: Step
    done: bool
    is_needed: bool = True


STEP_OF: Final[Mapping[str, Step]] = {
    "serial": Step.SCAN,
    "light": Step.LIGHT,
    "photo": Step.PHOTOS,
    "signature": Step.SIGNATURE,
}
"""Where to get what a completion needs, by what stands before the colon of its name."""
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


def step_of(what: str) -> Step:
    """Name the step in which something that ``missing`` names is got."""
    return STEP_OF[what.partition(":")[0]]


def steps_of(kind: JobKind) -> tuple[Step, ...]:
    """List the steps of a visit of a kind, in their order."""
    there = {Step.TRAVEL, Step.PHOTOS, Step.FINISH, *(step_of(need.what) for need in _needs(kind))}
    if KINDS[kind].checks:
        there.add(Step.CHECKS)
    return tuple(step for step in Step if step in there)


def stages_of(view: JobView) -> tuple[Stage, ...]:
    """List the steps of a visit with what is done."""
    return tuple(
        Stage(step=step, done=_is_done(view, step), is_needed=_is_needed(view, step))
        for step in steps_of(view.card.kind)
    )


def unanswered(view: JobView) -> tuple[str, ...]:
    """Name the checks of the kind that have no answer yet."""
    codes = (check.code for check in KINDS[view.card.kind].checks)
    return tuple(code for code in codes if code not in view.latest.checks)


def first_open(stages: Sequence[Stage]) -> Step:
    """Say where to go on: the first step in which something is missing."""
    return next((stage.step for stage in stages if not stage.done), Step.FINISH)


def neighbours(kind: JobKind, step: Step) -> tuple[Step | None, Step | None]:
    """Name the step before and the step after; of one that the kind has not, those around it."""
    order, steps = tuple(Step), steps_of(kind)
    place = order.index(step)
    before = [each for each in steps if order.index(each) < place]
    after = [each for each in steps if order.index(each) > place]
    return (before[-1] if before else None), (after[0] if after else None)


def _needs(kind: JobKind) -> tuple[Need, ...]:
    return tuple(need for need in NEEDS if need.kind is kind)


def _is_done(view: JobView, step: Step) -> bool:
    match step:
        case Step.TRAVEL:
            return has_begun(view.card.state)
        case Step.CHECKS:
            return not unanswered(view)
        case Step.FINISH:
            return view.card.state is JobState.COMPLETED
        case Step.SCAN if find_old_ont(view).is_open:
            return False
        case _:
            return all(step_of(what) is not step for what in view.missing)


def _is_needed(view: JobView, step: Step) -> bool:
    if step is Step.PHOTOS:
        return bool(view.document.required_photos or view.latest.photos)
    needs = [need for need in _needs(view.card.kind) if step_of(need.what) is step]
    return not needs or any(need.applies(view.card.kind, view.code) for need in needs)
