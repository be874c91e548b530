"""One job, from its story to the view of its page and of the parts that move. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from server import audit
from server.audit import AuditEntry
from server.console import wording
from server.console.views import frame
from server.console.wording import phrase
from server.jobs.board import Story
from server.jobs.evidence_view import evidence_view
from server.jobs.list_view import SECTION, assign_view, state_chip
from server.jobs.plant_view import plant_view
from server.jobs.views import (
    AssignView,
    Chip,
    Fact,
    Instant,
    JobView,
    StateView,
    TimelineLine,
    TimelineView,
)
from server.jobs.words import Tone, actor_name, sentence, when_done
from server.people.records import SignedIn
from server.people.technicians import Technician
from server.services.records import ServiceState
from sync_protocol.documents import JobDocument

_SERVICE_TONES: Final[Mapping[ServiceState, Tone]] = {
    ServiceState.ACTIVE: Tone.GOOD,
    ServiceState.SUSPENDED: Tone.ATTENTION,
}
NOTHING: Final[frozenset[UUID]] = frozenset()


def job_view(story: Story, technicians: Sequence[Technician], *, signed_in: SignedIn) -> JobView:
    """Say what the page says."""
    job = story.document
    premise = job.premise
    return JobView(
        frame=frame(signed_in, f"Job {job.number}", section=SECTION),
        id=job.id,
        service_id=story.service.id,
        number=job.number,
        kind=phrase(job.kind),
        window=wording.window(job.appointment.starts_at, job.appointment.ends_at, premise.zone),
        customer=job.customer.name,
        phone=job.customer.phone,
        address=premise.address,
        coordinates=f"{premise.latitude:.5f}, {premise.longitude:.5f}",
        facts=_facts(job),
        plant=plant_view(job.plant),
        state=state_view(story),
        evidence=evidence_view(story),
        timeline=timeline_view(story),
        assign=job_control(story, technicians, signed_in=signed_in),
    )


def job_control(
    story: Story, technicians: Sequence[Technician], *, signed_in: SignedIn
) -> AssignView | None:
    """Say what the control for assigning says on the job's own page."""
    job = story.document
    return assign_view(
        job.id,
        job.number,
        technicians,
        state=job.state,
        assignee_id=job.assignee_id,
        signed_in=signed_in,
    )


def state_view(story: Story) -> StateView:
    """Say where job and service stand."""
    job, service = story.document, story.service
    zone = job.premise.zone
    first = story.completions[0] if story.completions else None
    named = (
        ("Completed on site", service.completed_at or (first.completed_at if first else None)),
        ("Received", service.received_at or (first.received_at if first else None)),
        ("Service live", service.live_at),
    )
    return StateView(
        state=state_chip(job.state),
        assignee=_team(story),
        service=Chip(
            label=f"Service {service.state}", tone=_SERVICE_TONES.get(service.state, Tone.QUIET)
        ),
        instants=tuple(
            Instant(
                name=name,
                time=wording.clock(at, zone) if at else None,
                day=wording.day(at, zone) if at else "",
            )
            for name, at in named
        ),
    )


def _team(story: Story) -> str | None:
    job = story.document
    if job.assignee_id is None:
        return None
    names = [story.names.get(each, "somebody unknown") for each in (job.assignee_id, *job.crew_ids)]
    return names[0] if len(names) == 1 else f"{names[0]} with {', '.join(names[1:])}"


def timeline_view(story: Story, *, known: frozenset[UUID] = NOTHING) -> TimelineView:
    """Say what happened. With ``known``, lines that are not among them are marked as fresh."""
    zone = story.document.premise.zone
    lines: list[TimelineLine] = []
    last_day = ""
    for entry in story.entries:
        line = _line(entry, story.names, zone, is_fresh=bool(known) and entry.id not in known)
        lines.append(line if line.day != last_day else _without_day(line))
        last_day = line.day
    last = story.entries[-1].at if story.entries else story.document.appointment.starts_at
    return TimelineView(
        lines=tuple(lines),
        zone=f"{wording.zone_name(wording.local(last, zone))} ({zone})",
        is_cut=len(story.entries) >= audit.TIMELINE_MAX,
    )


def _line(
    entry: AuditEntry, names: Mapping[UUID, str], zone: str, *, is_fresh: bool
) -> TimelineLine:
    said = sentence(entry, names)
    return TimelineLine(
        id=entry.id,
        day=wording.day(entry.at, zone),
        time=wording.clock_seconds(entry.at, zone),
        machine_time=entry.at.isoformat(),
        text=said.text,
        note=", ".join(part for part in (said.note, when_done(entry, zone)) if part),
        actor=actor_name(entry, names),
        tone=said.tone,
        is_fresh=is_fresh,
    )


def _without_day(line: TimelineLine) -> TimelineLine:
    return msgspec.structs.replace(line, day="")


def _facts(job: JobDocument) -> tuple[Fact, ...]:
    expected = job.reserved_serial
    return (
        Fact(
            name="Product",
            value=job.product.name,
            note=f"{job.product.down_mbps} / {job.product.up_mbps} Mbit/s",
        ),
        Fact(
            name="Expected ONT",
            value=expected or "Any from stock",
            note="reserved for this job" if expected else "none is reserved",
        ),
        *(
            Fact(name=phrase(name), value=field.value)
            for name, field in sorted(job.fields.items())
            if field.value
        ),
    )
