"""Ids that come twice: what is a repeat, what is a re-issue, and what is something else."""

import msgspec
import pytest
from uuid_utils.compat import uuid7

from server.database import Store
from server.database.tables.sync import issues
from server.database.tables.work import completions
from server.sync import commands
from server.sync.refusals import SyncRefused
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import Refusal, SyncRequest
from sync_protocol.operations import Origin
from tests.server.factories import (
    assigned_job,
    count,
)
from tests.server.sync.field import Field
from tests.server.tablets import (
    Tablet,
    bodies,
    capture,
    enrolled,
    move,
    push,
    record,
    set_field,
    verdicts,
)


def refusal(store: Store, tablet: Tablet, request: SyncRequest) -> Refusal:
    with pytest.raises(SyncRefused) as refused:
        store.write_now(commands.receive, tablet.device_id, request, act=tablet.act())
    return refused.value.body.refusal


def work_a_day(field: Field) -> None:
    """Say eight operations, among them one that is kept as a conflict and one that is parked."""
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT), set_field(field.job_id, "bell broken"))
    field.tablet.say(set_field(field.job_id, "ring twice", base=9))
    field.tablet.say(move(field.job_id, JobEvent.RESUME))
    field.tablet.complete(field.job_id)


def test_a_capture_id_of_another_job_is_rejected(field: Field) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    taken = capture(bodies()[0])
    field.tablet.say(record(field.job_id, taken), record(other, taken), record(field.job_id, taken))

    assert verdicts(field.push()) == [
        ("applied", None),
        ("rejected", "id_reuse"),
        ("merged", None),
    ]
    assert verdicts(field.push(2)) == [("rejected", "id_reuse"), ("merged", None)]
    field.tablet.say(record(other, taken))
    assert verdicts(field.push(4)) == [("rejected", "id_reuse")]


def test_a_capture_id_with_other_content_is_rejected(field: Field) -> None:
    taken = capture(bodies()[0])
    field.tablet.say(
        record(field.job_id, taken),
        record(field.job_id, capture(bodies()[1], capture_id=taken.id)),
    )

    assert verdicts(field.push()) == [("applied", None), ("rejected", "id_reuse")]


def test_a_completion_that_comes_again_with_other_content_is_no_repeat(field: Field) -> None:
    said = field.tablet.complete(field.job_id)
    field.tablet.say(said)
    other = field.tablet.completion(field.job_id, [], completion_id=said.manifest.completion_id)
    field.tablet.say(other)

    assert verdicts(field.push())[-3:] == [
        ("applied", None),
        ("merged", None),
        ("rejected", "id_reuse"),
    ]
    field.tablet.say(said, other)
    assert verdicts(field.push(9)) == [("merged", None), ("rejected", "id_reuse")]
    assert count(field.store, completions) == 1


def test_a_manifest_of_another_job_completes_nothing(field: Field) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    said = field.tablet.completion(other, [])
    field.tablet.say(msgspec.structs.replace(said, job_id=JobId(field.job_id)))

    assert verdicts(field.push()) == [("rejected", "bad_value")]
    assert field.job.state is JobState.ASSIGNED


def test_a_reissue_is_recognised_by_its_origin_in_either_order(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "one"), move(field.job_id, JobEvent.ACCEPT))
    field.push(1, 1)
    again = enrolled(field.store, field.town.ada)
    for dseq, body in enumerate(
        (set_field(field.job_id, "one"), move(field.job_id, JobEvent.ACCEPT)), 1
    ):
        again.say(body, origin=Origin(incarnation=field.tablet.incarnation, dseq=dseq))

    assert verdicts(push(field.store, again)) == [("duplicate", None), ("applied", None)]
    # The original of the second was on its way all the time and arrives now.
    assert verdicts(field.push(2)) == [("duplicate", None)]
    assert field.job.state_version == 3


def test_an_origin_inside_one_batch_is_applied_once(field: Field) -> None:
    origin = Origin(incarnation=Incarnation(uuid7()), dseq=7)
    field.tablet.say(set_field(field.job_id, "one"), origin=origin)
    field.tablet.say(set_field(field.job_id, "one"), origin=origin)

    assert verdicts(field.push()) == [("applied", None), ("duplicate", None)]


@pytest.mark.parametrize(
    "body", [b'{"type":"measure","ohms":1.50}', b'{"type":"move","event":"fly"}']
)
def test_what_cannot_be_read_is_recognised_when_it_is_issued_again(
    field: Field, body: bytes
) -> None:
    field.tablet.say_raw(b'{"dseq":%d,"tx":"t","body":' + body + b"}")
    field.push()
    again = enrolled(field.store, field.town.ada)
    origin = b'{"incarnation":"%b","dseq":1}' % str(field.tablet.incarnation).encode()
    for said in (body, body.replace(b"1.50", b"1.75").replace(b"fly", b"run")):
        again.say_raw(b'{"dseq":%d,"origin":' + origin + b',"tx":"t","body":' + said + b"}")

    (first, second) = verdicts(push(field.store, again))

    assert first == ("duplicate", None)
    # Another thing under the same number is no repeat.
    assert second in {("parked", "unknown_operation"), ("rejected", "bad_value")}
    assert count(field.store, issues) == 2


def test_nobody_can_make_the_server_ignore_what_another_will_say(field: Field) -> None:
    bens = enrolled(field.store, field.town.ben)
    bens.say(
        set_field(field.job_id, "?"), origin=Origin(incarnation=field.tablet.incarnation, dseq=1)
    )
    push(field.store, bens)
    field.tablet.say(set_field(field.job_id, "one"))

    assert verdicts(field.push()) == [("applied", None)]
