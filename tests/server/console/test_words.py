"""What people read about what happened."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from server.acts import ActorKind
from server.audit import AuditEntry
from server.fulfilment.steps import StepName
from server.jobs.words import STATE_TONES, Sentence, Tone, actor_name, sentence, when_done
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import VerdictKind
from tests.server.console.town import NOON

ADA, BEN = UUID(int=1), UUID(int=2)
NAMES = {ADA: "Ada Lind", BEN: "Ben Ohm"}
FIELD_EVENTS = set(JobEvent) - {
    JobEvent.ASSIGN,
    JobEvent.CANCEL,
    JobEvent.COMPLETE,
    JobEvent.GIVE_UP,
    JobEvent.ABORT,
}


def entry(
    action: str,
    detail: Mapping[str, Any] | None = None,
    *,
    kind: ActorKind = ActorKind.SYSTEM,
    actor_id: UUID | None = None,
) -> AuditEntry:
    return AuditEntry(
        id=uuid7(),
        at=NOON,
        actor_kind=kind,
        actor_id=actor_id,
        action=action,
        job_id=None,
        order_id=None,
        process_id=None,
        detail=detail or {},
    )


CASES: list[tuple[str, Mapping[str, Any], Sentence]] = [
    ("job.created", {}, Sentence("Job created")),
    ("job.assigned", {"technician_id": str(ADA), "from": None}, Sentence("Assigned to Ada Lind")),
    (
        "job.assigned",
        {"technician_id": str(BEN), "from": str(ADA)},
        Sentence("Assigned to Ben Ohm", note="before: Ada Lind"),
    ),
    (
        "job.assigned",
        {"technician_id": str(UUID(int=9))},
        Sentence("Assigned to somebody unknown"),
    ),
    (
        "job.cancelled",
        {"reason": "moved away"},
        Sentence("Job cancelled", note="moved away", tone=Tone.ATTENTION),
    ),
    (
        "capture.received",
        {"what": "light", "verdict": "applied", "code": None},
        Sentence("Light level recorded"),
    ),
    (
        "capture.received",
        {"what": "laser_swatch", "verdict": "applied", "code": None},
        Sentence("Laser swatch"),
    ),
    (
        "job.completed",
        {"what": "done", "verdict": "applied", "code": None},
        Sentence("Completed on site", tone=Tone.GOOD),
    ),
    (
        "job.completed",
        {"what": "done", "verdict": "parked", "code": "JOB_CANCELLED"},
        Sentence(
            "Completed on site",
            note="kept for a person to decide, Job cancelled",
            tone=Tone.ATTENTION,
        ),
    ),
    (
        "job.given_up",
        {"what": "no_access", "verdict": "applied", "code": None},
        Sentence("Not done", note="No access", tone=Tone.ATTENTION),
    ),
    (
        "job.completed",
        {"what": "D03", "verdict": "merged", "code": None},
        Sentence(
            "Completed on site",
            note="Installed, light marginal, accepted by supervisor, merged with another change",
            tone=Tone.GOOD,
        ),
    ),
    (
        "job.given_up",
        {"what": "N05", "verdict": "applied", "code": None},
        Sentence("Not done", note="No light at terminal", tone=Tone.ATTENTION),
    ),
    (
        "process.stuck",
        {"step": "register", "code": "SERIAL_ELSEWHERE"},
        Sentence("Activation stuck", note="Serial elsewhere", tone=Tone.ATTENTION),
    ),
    (
        "service.live",
        {"serial": "HWTC1A2B3C4D", "rx_power_cdbm": -1940},
        Sentence("Service live", note="HWTC1A2B3C4D, −19.4 dBm", tone=Tone.GOOD),  # noqa: RUF001  a minus
    ),
    (
        "invoice_line.posted",
        {"amount_minor": 2845, "currency": "EUR"},
        Sentence("Charge posted", note="28.45 EUR", tone=Tone.GOOD),
    ),
    (
        "process.advanced",
        {"step": "verify_online", "to": "go_live", "code": None},
        Sentence("ONT online, light read back", tone=Tone.MOVING),
    ),
    (
        "process.advanced",
        {"step": "verify_online", "to": "register", "code": None},
        Sentence("Waiting to register the ONT", note="once more", tone=Tone.MOVING),
    ),
    (
        "light.disagrees",
        {"measured_cdbm": -3100, "rx_power_cdbm": -1910},
        Sentence(
            "The technician's light level fails, the ONT's own is sound",
            note="measured −31.0 dBm, seen by the ONT −19.1 dBm",  # noqa: RUF001  a minus
            tone=Tone.ATTENTION,
        ),
    ),
    (
        "evidence.chosen",
        {"completion_id": "x", "serial": "HWTC1A2B3C4D", "decided_by": "network"},
        Sentence("ONT chosen for the service", note="HWTC1A2B3C4D, decided by: network"),
    ),
    ("splice.measured", {"loss": 3}, Sentence("Splice measured")),
]


@pytest.mark.parametrize(("action", "detail", "said"), CASES)
def test_a_line_says_what_happened(action: str, detail: Mapping[str, Any], said: Sentence) -> None:
    assert sentence(entry(action, detail), NAMES) == said


@pytest.mark.parametrize("verdict", VerdictKind)
def test_what_did_not_simply_apply_is_never_told_as_if_it_had(verdict: VerdictKind) -> None:
    told = sentence(entry("job.moved", {"what": "start", "verdict": verdict, "code": None}), NAMES)

    assert told.text == "Work started"
    is_plain = verdict in (VerdictKind.APPLIED, VerdictKind.DUPLICATE)
    assert bool(told.note) is not is_plain


@pytest.mark.parametrize("step", StepName)
def test_every_step_of_an_activation_has_words_for_done_and_for_waiting(step: StepName) -> None:
    for action in ("process.advanced", "process.waiting"):
        told = sentence(entry(action, {"step": step.value, "code": None}), NAMES).text
        assert told.casefold() != step.value.replace("_", " ")


@pytest.mark.parametrize("event", sorted(FIELD_EVENTS))
def test_every_move_in_the_field_has_words(event: JobEvent) -> None:
    told = sentence(entry("job.moved", {"what": event, "verdict": "applied"}), NAMES)

    assert told.text.casefold() != event


def test_every_state_of_a_job_has_a_tone() -> None:
    assert STATE_TONES.keys() == set(JobState)


def test_whoever_did_it_is_named_as_well_as_is_known() -> None:
    assert actor_name(entry("x"), NAMES) == "Firstlight"
    assert actor_name(entry("x", kind=ActorKind.HUMAN, actor_id=ADA), NAMES) == "Ada Lind"
    unknown = entry("x", kind=ActorKind.DEVICE, actor_id=UUID(int=0xABCDEF))
    assert actor_name(unknown, NAMES) == "device abcdef"


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({}, ""),
        ({"worked_at": (NOON - timedelta(seconds=59)).isoformat(), "clock": None}, ""),
        (
            {"worked_at": (NOON - timedelta(hours=2)).isoformat(), "clock": None},
            "done 12:00:00, received now",
        ),
        (
            {"worked_at": (NOON - timedelta(days=1)).isoformat(), "clock": "skewed"},
            (
                "done Wed 1 Jul 2026 14:00:00, received now, "
                "the tablet's clock is wrong, the time was corrected"
            ),
        ),
        (
            {"worked_at": NOON.isoformat(), "clock": "unsure"},
            "the tablet's clock was changed meanwhile, the time is a guess",
        ),
    ],
)
def test_what_was_done_earlier_says_when_and_how_far_that_can_be_trusted(
    detail: Mapping[str, Any], said: str
) -> None:
    assert when_done(entry("job.moved", detail), "Europe/Berlin") == said
