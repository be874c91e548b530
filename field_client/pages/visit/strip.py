"""The steps on top of every screen of a visit: which are done, where one is, how to go on."""

from collections.abc import Mapping
from typing import Final

import msgspec

from field_client.pages.languages import N_, Language
from field_client.replica.views import JobView
from field_client.visit import Step, neighbours, stages_of

NAMES: Final[Mapping[Step, str]] = {
    Step.TRAVEL: N_("Way"),
    Step.SCAN: N_("Scan"),
    Step.LIGHT: N_("Light"),
    Step.PHOTOS: N_("Photos"),
    Step.SIGNATURE: N_("Sign"),
    Step.FINISH: N_("Finish"),
}


class StripItem(msgspec.Struct, frozen=True, kw_only=True):
    """A step; ``state`` says in words whether it is done."""

    name: str
    url: str
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
    before, after = neighbours(here)
    return Strip(
        items=tuple(
            StripItem(
                name=say(NAMES[stage.step]),
                url=step_url(view, stage.step),
                is_done=stage.done,
                is_here=stage.step is here,
                state=say("done") if stage.done else say("open"),
            )
            for stage in stages_of(view)
        ),
        before_url=f"/jobs/{view.card.id}" if before is None else step_url(view, before),
        after_url="" if after is None else step_url(view, after),
        after_name="" if after is None else say(NAMES[after]),
        cannot_finish_url=f"/jobs/{view.card.id}/cannot-finish",
    )
