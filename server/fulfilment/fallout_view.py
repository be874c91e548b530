"""The page of the fallout, from records to its view. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from server import inputs
from server.console import wording
from server.console.views import frame
from server.fulfilment.fallout import Fallout, FalloutFilter, FalloutLine, Standing
from server.fulfilment.reasons import reason_of
from server.fulfilment.records import Intent, ProcessState
from server.fulfilment.steps import StepName
from server.fulfilment.views import (
    FalloutLinesView,
    FalloutLineView,
    FalloutView,
)
from server.jobs.views import Chip, Choice, StateTab
from server.jobs.words import Tone
from server.people.records import Role, SignedIn

SECTION: Final = "fallout"
PATH: Final = "/fallout"
MAY_ACT: Final = (Role.NOC, Role.ADMIN)
WHAT: Final[Mapping[Intent, str]] = {
    Intent.ACTIVATE: "Activation",
    Intent.SUSPEND: "Suspension",
    Intent.RESUME: "Resumption",
    Intent.CHANGE: "Change of product",
    Intent.SWAP: "ONT swap",
    Intent.REPROVISION: "Re-provisioning",
    Intent.DISCONNECT: "Disconnection",
}
OWNERS: Final[Mapping[Role, str]] = {
    Role.NOC: "NOC",
    Role.DISPATCHER: "Dispatch",
    Role.ADMIN: "Administrator",
}
STATES: Final[Mapping[ProcessState, Chip]] = {
    ProcessState.READY: Chip(label="Tried again now", tone=Tone.MOVING),
    ProcessState.LEASED: Chip(label="Tried again now", tone=Tone.MOVING),
    ProcessState.WAITING: Chip(label="Tries again by itself", tone=Tone.WAITING),
    ProcessState.HELD: Chip(label="Held", tone=Tone.WAITING),
    ProcessState.STUCK: Chip(label="Stuck", tone=Tone.ATTENTION),
    ProcessState.DONE: Chip(label="Done", tone=Tone.GOOD),
    ProcessState.CANCELLED: Chip(label="Called off", tone=Tone.QUIET),
}
_ON_ITS_WAY: Final = Chip(label="On its way", tone=Tone.MOVING)
_STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.STUCK: "Stuck",
    Standing.HELD: "Held",
    Standing.RETRYING: "Tried for long",
}
OVER: Final = frozenset({ProcessState.DONE, ProcessState.CANCELLED})
_BEING_CALLED_OFF: Final = frozenset({StepName.UNDO, StepName.CALL_OFF})


def read_asked(*, standing: str, code: str, olt: str, after: str) -> FalloutFilter:
    """Read the fields of the filter as a browser sends them: what was left open is empty.

    Raises:
        WrongInput: names the field, the value and what would be right.
    """
    fields = {"standing": standing, "code": code, "olt_id": olt, "after": after}
    return inputs.read({name: text for name, text in fields.items() if text}, FalloutFilter)


def fallout_view(found: Fallout, asked: FalloutFilter, *, signed_in: SignedIn) -> FalloutView:
    """Say what the page says."""
    codes = sorted({code for _, code in found.counts if code} | {asked.code or ""} - {""})
    return FalloutView(
        frame=frame(signed_in, "Fallout", section=SECTION),
        standing=asked.standing or "",
        codes=tuple(
            Choice(value=code, label=reason_of(code).words, is_chosen=code == asked.code)
            for code in codes
        ),
        olts=tuple(
            Choice(value=str(olt.id), label=olt.name, is_chosen=olt.id == asked.olt_id)
            for olt in found.olts
        ),
        live_url=_url(asked, path=f"{PATH}/live"),
        moving=lines_view(found, asked, signed_in=signed_in),
    )


def standing_chip(state: ProcessState) -> Chip:
    """Say in a word how a process stands that nothing else is told of."""
    is_moving = state in {ProcessState.READY, ProcessState.LEASED}
    return _ON_ITS_WAY if is_moving else STATES[state]


def lines_view(found: Fallout, asked: FalloutFilter, *, signed_in: SignedIn) -> FalloutLinesView:
    """Say what moves of it."""
    last = found.lines[-1].process.id if found.has_more else None
    return FalloutLinesView(
        tabs=tuple(_tabs(found, asked)),
        rows=tuple(line_view(line, signed_in=signed_in) for line in found.lines),
        first_url=_url(asked, after=None) if asked.after else None,
        next_url=_url(asked, after=last) if last else None,
    )


def line_view(line: FalloutLine, *, signed_in: SignedIn) -> FalloutLineView:
    """Say what one process says of itself."""
    process = line.process
    reason = None if process.code is None else reason_of(process.code)
    may_act = signed_in.user.role in MAY_ACT and process.state not in OVER
    is_called_off = process.step in _BEING_CALLED_OFF
    return FalloutLineView(
        id=process.id,
        state=standing_chip(process.state) if reason is None else STATES[process.state],
        words="Nothing is wrong with it" if reason is None else reason.words,
        code=process.code or "",
        owner="" if reason is None else OWNERS.get(reason.owner, reason.owner),
        next_step="" if reason is None else reason.next_step,
        detail=line.detail,
        what=f"{WHAT[process.intent]}{', being called off' if is_called_off else ''}",
        order_number=line.order_number,
        where=f"{line.address}, {line.city}",
        olt=line.olt or "not known",
        since=when(line),
        csrf_token=signed_in.csrf_token if may_act else None,
        may_call_off=not is_called_off,
    )


def when(line: FalloutLine) -> str:
    """Say since when it is as it is, as the clocks at the premise show it."""
    return f"{wording.day(line.since, line.zone)}, {wording.clock(line.since, line.zone)}"


def _tabs(found: Fallout, asked: FalloutFilter) -> Iterable[StateTab]:
    """All of it, then each standing, counted over all codes and OLTs."""
    total = sum(found.counts.values())
    all_of_it = _url(asked, standing=None, after=None)
    yield StateTab(label="All", count=total, url=all_of_it, is_chosen=asked.standing is None)
    for standing, label in _STANDINGS.items():
        yield StateTab(
            label=label,
            count=sum(rows for (each, _), rows in found.counts.items() if each is standing),
            url=_url(asked, standing=standing, after=None),
            is_chosen=standing is asked.standing,
        )


def _url(asked: FalloutFilter, *, path: str = PATH, **changes: object) -> str:
    wanted = msgspec.structs.replace(asked, **changes)
    fields = {
        "standing": wanted.standing,
        "code": wanted.code,
        "olt": wanted.olt_id,
        "after": wanted.after,
    }
    query = urlencode({name: str(value) for name, value in fields.items() if value is not None})
    return f"{path}?{query}" if query else path
