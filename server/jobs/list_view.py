"""The list of jobs, from records to its view. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from server import inputs, times
from server.console import wording
from server.console.views import frame
from server.console.wording import EN_DASH, phrase
from server.jobs.board import Board
from server.jobs.queries import JobFilter
from server.jobs.records import JobLine
from server.jobs.views import AssignView, Chip, Choice, JobListView, JobRowView, StateTab
from server.jobs.words import STATE_TONES
from server.people.records import DISPATCH, SignedIn
from server.people.technicians import Technician
from sync_protocol.jobs import FINAL_STATES, JobState

SECTION: Final = "jobs"
PATH: Final = "/jobs"
PAGE_SIZE: Final = 40


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address of the page asks for."""

    state: JobState | None = None
    technician_id: UUID | None = None
    day: date | None = None
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1

    def __post_init__(self) -> None:
        if self.day is not None:
            times.require_bounded("day", self.day)


def read_asked(*, state: str, technician: str, day: str, page: int) -> Asked:
    """Read the fields of the filter as a browser sends them: what was left open is empty.

    Raises:
        WrongInput: names the field, the value and what would be right.
    """
    fields = {"state": state, "technician_id": technician, "day": day}
    given = {name: text for name, text in fields.items() if text}
    return inputs.read({**given, "page": page}, Asked)


def filter_of(asked: Asked, zones: Sequence[str]) -> JobFilter:
    """Turn what was asked into what is read.

    A day is meant as the clocks at the premises show it. Where jobs lie in several zones it reaches
    from its first beginning to its last end, so a neighbouring zone's early job may be among them.
    """
    starts = [_midnight(asked.day, zone) for zone in zones or ("UTC",)] if asked.day else []
    next_day = asked.day + timedelta(days=1) if asked.day else None
    ends = [_midnight(next_day, zone) for zone in zones or ("UTC",)] if next_day else []
    return JobFilter(
        state=asked.state,
        assignee_id=asked.technician_id,
        from_time=min(starts, default=None),
        until_time=max(ends, default=None),
    )


def list_view(
    board: Board, asked: Asked, zones: Sequence[str], *, signed_in: SignedIn
) -> JobListView:
    """Say what the page of the list says."""
    return JobListView(
        frame=frame(signed_in, "Jobs", section=SECTION),
        tabs=tuple(_tabs(board, asked)),
        state=asked.state.value if asked.state else "",
        technicians=technician_choices(board.technicians, chosen=asked.technician_id),
        day=asked.day.isoformat() if asked.day else "",
        day_note=zones[0] if len(zones) == 1 else "each premise's own zone",
        rows=tuple(row_view(line, board.technicians, signed_in=signed_in) for line in board.lines),
        page=asked.page,
        previous_url=_url(asked, page=asked.page - 1) if asked.page > 1 else None,
        next_url=_url(asked, page=asked.page + 1) if board.has_more else None,
    )


def row_view(
    line: JobLine,
    technicians: Sequence[Technician],
    *,
    signed_in: SignedIn,
    is_fresh: bool = False,
) -> JobRowView:
    """Say what one row says."""
    start = wording.local(line.starts_at, line.zone)
    end = wording.local(line.ends_at, line.zone)
    hours = f"{start:%H:%M}{EN_DASH}{end:%H:%M} {wording.zone_name(end)}"
    return JobRowView(
        id=line.id,
        number=line.number,
        kind=phrase(line.kind),
        day=wording.day(line.starts_at, line.zone),
        hours=hours,
        address=line.address,
        city=line.city,
        product=line.product,
        state=state_chip(line.state),
        assignee=line.assignee,
        assign=assign_view(
            line.id,
            line.number,
            technicians,
            state=line.state,
            assignee_id=line.assignee_id,
            signed_in=signed_in,
            target="closest tr",
        ),
        is_fresh=is_fresh,
    )


def assign_view(  # noqa: PLR0913  what a control shows, each by name
    job_id: UUID,
    number: str,
    technicians: Sequence[Technician],
    *,
    state: JobState,
    assignee_id: UUID | None,
    signed_in: SignedIn,
    target: str = "",
) -> AssignView | None:
    """Say what the control for assigning says; None where there is nothing to assign."""
    if state in FINAL_STATES or signed_in.user.role not in DISPATCH:
        return None
    return AssignView(
        job_id=job_id,
        number=number,
        csrf_token=signed_in.csrf_token,
        technicians=technician_choices(technicians, chosen=assignee_id),
        action="Assign" if assignee_id is None else "Reassign",
        target=target,
    )


def state_chip(state: JobState) -> Chip:
    """Word a state."""
    return Chip(label=phrase(state), tone=STATE_TONES[state])


def technician_choices(
    technicians: Iterable[Technician], *, chosen: UUID | None
) -> tuple[Choice, ...]:
    """List technicians for a select."""
    return tuple(
        Choice(value=str(technician.id), label=technician.name, is_chosen=technician.id == chosen)
        for technician in technicians
    )


def _tabs(board: Board, asked: Asked) -> Iterable[StateTab]:
    """All jobs, then every state that has some, in the order of a job's life."""
    total = sum(board.counts.values())
    yield StateTab(
        label="All", count=total, url=_url(asked, state=None, page=1), is_chosen=asked.state is None
    )
    for state in JobState:
        count = board.counts.get(state, 0)
        if count or state is asked.state or state is JobState.UNASSIGNED:
            yield StateTab(
                label=phrase(state),
                count=count,
                url=_url(asked, state=state, page=1),
                is_chosen=state is asked.state,
            )


def _url(asked: Asked, **changes: object) -> str:
    wanted = msgspec.structs.replace(asked, **changes)
    fields = {
        "state": wanted.state,
        "technician": wanted.technician_id,
        "day": wanted.day,
        "page": wanted.page if wanted.page > 1 else None,
    }
    query = urlencode({name: str(value) for name, value in fields.items() if value is not None})
    return f"{PATH}?{query}" if query else PATH


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
