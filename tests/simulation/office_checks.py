"""What must hold at the office in the end: its fields, evidence, issues and effects."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from server.sync import devices
from sync_protocol import evidence
from sync_protocol.jobs import JobState
from sync_protocol.operations import CompleteJob, OperationBody, RecordCapture
from tests.simulation import readings
from tests.simulation.office import Office
from tests.simulation.violations import require


def check_captures(office: Office, technician_id: UUID, bodies: Sequence[OperationBody]) -> None:
    """Whatever was captured for a job that exists is kept, unchanged, and every completion too."""
    known = office.read(readings.job_states)
    captured = {
        body.capture.id: evidence.capture_digest(body.capture)
        for body in bodies
        if isinstance(body, RecordCapture) and body.job_id in known
    }
    kept = office.read(readings.digests, technician_id)
    require(captured == kept, f"captured by {technician_id}: {captured}; kept: {kept}")
    finished = sorted(
        body.manifest.completion_id
        for body in bodies
        if isinstance(body, CompleteJob) and body.job_id in known
    )
    received = office.read(readings.completion_ids, technician_id)
    require(finished == received, f"completed: {finished}; received: {received}")


def check_issue_rows(office: Office) -> None:
    """Each verdict that withheld something has one issue, and nothing else has."""
    withheld, shown = office.read(readings.withheld), office.read(readings.issue_places)
    require(withheld == shown, f"withheld are {withheld}; issues are of {shown}")


def check_signatures(office: Office) -> None:
    """Every completion verifies with the key of the device that it is said to be of."""
    for completion_id, public_key, signature, message in office.read(readings.signed):
        require(
            devices.verifies(public_key, signature, message),
            f"completion {completion_id} is not signed by the device that it is said to be of",
        )


def check_effects(office: Office) -> None:
    """A completed job of a new service has caused one activation, any other none.

    No evidence is overlooked, and each correction has come to one proposal.
    """
    states = office.read(readings.job_states)
    caused = Counter(office.read(readings.process_jobs))
    completed = {job_id for job_id, state in states.items() if state == JobState.COMPLETED}
    wanted = completed - office.read(readings.without_effect)
    require(
        caused == Counter(wanted), f"completed are {wanted}; activations were caused for {caused}"
    )
    without = office.read(readings.completions_without_effect)
    listed = office.read(readings.inbox)
    require(
        len(listed) == len(set(listed)) and without <= set(listed),
        f"completions without effect {without}; in the inbox {listed}",
    )
    corrections, proposals = office.read(readings.corrections), office.read(readings.proposals)
    require(corrections == proposals, f"corrections {corrections}; proposals {proposals}")


def check_fields(office: Office) -> None:
    """The last arrival stands, whatever the clocks of the tablets showed."""
    kept = office.read(readings.fields)
    for key, values in office.read(readings.last_set).items():
        require(kept.get(key) in values, f"{key} is {kept.get(key)!r}, last set to {values}")
