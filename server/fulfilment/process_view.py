"""The page of one process, from its story to its view. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from server.console import wording
from server.console.views import frame
from server.console.wording import phrase
from server.fulfilment.fallout import FalloutLine
from server.fulfilment.fallout_view import SECTION, WHAT, line_view
from server.fulfilment.queries import ProcessStory
from server.fulfilment.reasons import reason_of
from server.fulfilment.records import Attempt, Intent, Process, ProcessState
from server.fulfilment.steps import PATHS, StepName
from server.fulfilment.views import (
    AttemptView,
    CallOffView,
    ExchangedView,
    ExchangeView,
    PathStepView,
    ProcessStateView,
    ProcessView,
)
from server.jobs.views import Chip
from server.jobs.words import Tone, step_done, step_waits
from server.people.records import SignedIn

PATH: Final = "/processes"
OUTCOMES: Final[Mapping[str, Chip]] = {
    "advance": Chip(label="Done", tone=Tone.GOOD),
    "finish": Chip(label="Finished", tone=Tone.GOOD),
    "wait": Chip(label="Looked again", tone=Tone.QUIET),
    "tryagain": Chip(label="Failed, may pass", tone=Tone.WAITING),
    "hold": Chip(label="Held", tone=Tone.WAITING),
    "stick": Chip(label="Stuck", tone=Tone.ATTENTION),
    "calloff": Chip(label="Called off", tone=Tone.QUIET),
}
TAKEN_BACK: Final[Mapping[Intent, str]] = {
    Intent.ACTIVATE: (
        "The ONT is removed from the OLT with its service ports, where this activation has "
        "registered it, and its ids are given back. The order is cancelled, and a later "
        "completion of its job starts nothing."
    ),
    Intent.SUSPEND: (
        "The service is switched on again on the OLT, where it was switched off. It stays active."
    ),
    Intent.RESUME: (
        "The service is switched off again on the OLT, where it was switched on. It stays "
        "suspended."
    ),
    Intent.CHANGE: (
        "Profiles, VLAN and speed of the present product are written to the OLT again, where they "
        "were changed. The service keeps its product."
    ),
    Intent.SWAP: (
        "The old ONT is put back in its place on the OLT, where the new one stands there. "
        "Whoever has the old one at the premise must connect it again."
    ),
    Intent.REPROVISION: (
        "Profiles, VLAN and speed become again what they were before, where they were changed. "
        "What was registered anew stays on the OLT: the service is to have it."
    ),
    Intent.DISCONNECT: (
        "The ONT is registered again as it was, where it was removed. The service goes on, and so "
        "does its billing."
    ),
}


def process_view(story: ProcessStory, *, signed_in: SignedIn) -> ProcessView:
    """Say what the page says."""
    line = story.line
    process = line.process
    return ProcessView(
        frame=frame(signed_in, f"{WHAT[process.intent]} {line.order_number}", section=SECTION),
        id=process.id,
        what=WHAT[process.intent],
        order_number=line.order_number,
        where=f"{line.address}, {line.city}",
        service_url=f"/services/{process.service_id}",
        job_url=None if process.job_id is None else f"/jobs/{process.job_id}",
        moving=process_state_view(story, signed_in=signed_in),
    )


def process_state_view(story: ProcessStory, *, signed_in: SignedIn) -> ProcessStateView:
    """Say what moves of it."""
    return ProcessStateView(
        line=line_view(story.line, signed_in=signed_in),
        path=tuple(_path(story.line.process)),
        attempts=tuple(_attempt_view(each, story.line) for each in reversed(story.attempts)),
        is_cut=story.is_cut,
    )


def exchange_view(attempt: Attempt) -> ExchangeView:
    """Say what was asked of the OLT and what it answered, in the order in which it was."""
    entries: list[Mapping[str, Any]] = attempt.detail.get("exchanges") or []
    return ExchangeView(
        entries=tuple(
            ExchangedView(
                verb=str(entry["verb"]).upper(),
                asked="\n".join(entry["asked"]),
                answered="\n".join(entry.get("answered", ())),
                error=entry.get("error") or "",
            )
            for entry in entries
        ),
        left_out=attempt.detail.get("exchanges_left_out") or 0,
    )


def call_off_view(line: FalloutLine, *, signed_in: SignedIn) -> CallOffView:
    """Say what calling off does."""
    process = line.process
    return CallOffView(
        frame=frame(signed_in, f"Call off {line.order_number}", section=SECTION),
        id=process.id,
        what=WHAT[process.intent],
        order_number=line.order_number,
        where=f"{line.address}, {line.city}",
        taken_back=TAKEN_BACK[process.intent],
        csrf_token=signed_in.csrf_token,
    )


def _path(process: Process) -> Iterable[PathStepView]:
    """List the steps of the path; one that leads off it stands where the process is."""
    path = [step for step in PATHS[process.intent] if _is_passed(step, process)]
    if process.state is ProcessState.DONE:
        yield from (PathStepView(text=step_done(step), standing="done") for step in path)
        return
    if process.step not in path:
        yield PathStepView(text=step_waits(process.step), standing="now")
        return
    here = path.index(StepName(process.step))
    for place, step in enumerate(path):
        if place < here:
            yield PathStepView(text=step_done(step), standing="done")
        elif place == here:
            yield PathStepView(text=step_waits(step), standing="now")
        else:
            yield PathStepView(text=phrase(step), standing="open")


def _is_passed(step: StepName, process: Process) -> bool:
    """Say whether a step is on the way of this process: without a visit there is no evidence."""
    return step is not StepName.VERIFY_EVIDENCE or process.job_id is not None


def _attempt_view(attempt: Attempt, line: FalloutLine) -> AttemptView:
    zone, detail = line.zone, attempt.detail
    repeats = detail.get("repeats")
    until = wording.clock_seconds(attempt.ended_at, zone)
    has_exchange = bool(detail.get("exchanges") or detail.get("exchanges_left_out"))
    return AttemptView(
        id=attempt.id,
        at=f"{wording.day(attempt.started_at, zone)}, "
        f"{wording.clock_seconds(attempt.started_at, zone)}",
        step=step_waits(attempt.step) if attempt.code else step_done(attempt.step),
        outcome=OUTCOMES.get(attempt.outcome) or Chip(label=attempt.outcome, tone=Tone.QUIET),
        words=reason_of(attempt.code).words if attempt.code else "",
        code=attempt.code or "",
        detail=str(detail.get("detail") or ""),
        repeats=f"{repeats + 1} times, the last at {until}" if isinstance(repeats, int) else "",
        exchange_url=f"{PATH}/{line.process.id}/attempts/{attempt.id}" if has_exchange else None,
    )
