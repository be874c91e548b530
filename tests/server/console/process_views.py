"""Views of the pages about processes, full of markup that must not come through."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import msgspec

from server.console.views import Frame
from server.fulfilment.views import (
    AttemptView,
    CallOffView,
    ExchangedView,
    ExchangeView,
    FalloutLinesView,
    FalloutLineView,
    FalloutView,
    PathStepView,
    ProcessStateView,
    ProcessView,
)
from server.jobs.views import Chip, Choice, StateTab
from server.jobs.words import Tone

HOSTILE: Final = '<script>alert("x")</script>'
ID: Final = UUID(int=1)
CHIP: Final = Chip(label=HOSTILE, tone=Tone.ATTENTION)


def a_frame() -> Frame:
    return Frame(title=HOSTILE, user_name=HOSTILE, role="noc", csrf_token="token", section="jobs")


def a_line() -> FalloutLineView:
    return FalloutLineView(
        id=ID,
        state=CHIP,
        words=HOSTILE,
        code="PORT_FULL",
        owner=HOSTILE,
        next_step=HOSTILE,
        detail=HOSTILE,
        what=HOSTILE,
        order_number=HOSTILE,
        where=HOSTILE,
        olt=HOSTILE,
        since=HOSTILE,
        csrf_token="token",
        may_call_off=True,
    )


def some_lines() -> FalloutLinesView:
    return FalloutLinesView(
        tabs=(StateTab(label=HOSTILE, count=1, url="/fallout", is_chosen=True),),
        rows=(a_line(),),
        first_url="/fallout",
        next_url="/fallout?after=1",
    )


def a_fallout() -> FalloutView:
    choice = Choice(value="PORT_FULL", label=HOSTILE, is_chosen=True)
    return FalloutView(
        frame=a_frame(),
        standing="stuck",
        codes=(choice,),
        olts=(choice,),
        live_url="/fallout/live",
        moving=some_lines(),
    )


def a_process_state() -> ProcessStateView:
    attempt = AttemptView(
        id=ID,
        at=HOSTILE,
        step=HOSTILE,
        outcome=CHIP,
        words=HOSTILE,
        code=HOSTILE,
        detail=HOSTILE,
        repeats=HOSTILE,
        exchange_url="/processes/1/attempts/1",
    )
    return ProcessStateView(
        line=a_line(),
        path=(PathStepView(text=HOSTILE, standing="now"),),
        attempts=(attempt,),
        is_cut=True,
    )


def a_process_page() -> ProcessView:
    return ProcessView(
        frame=a_frame(),
        id=ID,
        what=HOSTILE,
        order_number=HOSTILE,
        where=HOSTILE,
        service_url="/services/1",
        job_url="/jobs/1",
        moving=a_process_state(),
    )


def an_exchange() -> ExchangeView:
    entry = ExchangedView(verb="SET", asked=HOSTILE, answered=HOSTILE, error=HOSTILE)
    return ExchangeView(entries=(entry,), left_out=1)


def a_calling_off() -> CallOffView:
    return CallOffView(
        frame=a_frame(),
        id=ID,
        what=HOSTILE,
        order_number=HOSTILE,
        where=HOSTILE,
        taken_back=HOSTILE,
        csrf_token="token",
    )


VIEWS: Final[Mapping[str, Callable[[], msgspec.Struct]]] = {
    "fallout/_exchange.html": an_exchange,
    "fallout/_line.html": a_line,
    "fallout/_lines.html": some_lines,
    "fallout/_process.html": a_process_state,
    "fallout/call_off.html": a_calling_off,
    "fallout/list.html": a_fallout,
    "fallout/process.html": a_process_page,
}
