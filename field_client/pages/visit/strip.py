"""The steps on top of every screen of a visit: which are done, where one is, how to go on."""

from collections.abc import Mapping
from typing import Final

import msgspec

from field_client.pages.languages import N_, Language
from field_client.replica.views import JobView
from field_client.visit import Stage, Step, neighbours, stages_of

NAMES: Final[Mapping[Step, str]] = {
    Step.TRAVEL: N_("Way"),
    Step.SCAN: N_("Scan"),
    Step.LIGHT: N_("Light"),
    Step.PHOTOS: N_("Photos"),
    Step.CHECKS: N_("Checks"),
    Step.SIGNATURE: N_("Sign"),
    Step.FINISH: N_("Finish"),
}


class StripItem(msgspec.Struct, frozen=True, kw_only=True):
    """A step; ``state`` says in words whether it is done."""

    name: str
    url: str
    mark: str
    is_done: bool
    is_here: bool
    state: str


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """All steps. ``visit/_strip.html``."""

    items: tuple[StripItem, ...]
    before_url: str
    after_url: str
    after_name: str
    cannot_finish_url: str


def step_url(view: JobView, step: Step) -> str:
    """Give the address of a step."""
    return f"/jobs/{view.card.id}/visit/{step}"


def strip_of(view: JobView, here: Step, say: Language) -> Strip:
    """Make the strip."""
    before, after = neighbours(view.card.kind, here)
    return Strip(
        items=tuple(
            StripItem(
                name=say(NAMES[stage.step]),
                url=step_url(view, stage.step),
                mark=_mark(stage, place),
                is_done=stage.done and stage.is_needed,
                is_here=stage.step is here,
                state=_state(stage, say),
            )
            for place, stage in enumerate(stages_of(view), start=1)
        ),
        before_url=f"/jobs/{view.card.id}" if before is None else step_url(view, before),
        after_url="" if after is None else step_url(view, after),
        after_name="" if after is None else say(NAMES[after]),
        cannot_finish_url=f"/jobs/{view.card.id}/cannot-finish",
    )


def _mark(stage: Stage, place: int) -> str:
    if not stage.is_needed:
        return "\N{EN DASH}"
    return "\N{CHECK MARK}" if stage.done else str(place)


def _state(stage: Stage, say: Language) -> str:
    if not stage.is_needed:
        return say("not needed")
    return say("done") if stage.done else say("open")
