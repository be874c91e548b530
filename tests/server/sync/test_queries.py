from server.sync import queries
from sync_protocol.ids import Incarnation
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Origin
from tests.server.sync.field import Field
from tests.server.tablets import move, push


def counted(field: Field) -> dict[VerdictKind, int]:
    return dict(field.store.read_now(queries.count_verdicts))


def test_operations_are_counted_by_their_verdict(field: Field) -> None:
    field.tablet.complete(field.job_id)
    field.tablet.say(move(field.job_id, JobEvent.ARRIVE))
    push(field.store, field.tablet)

    assert counted(field) == {VerdictKind.APPLIED: 6, VerdictKind.PARKED: 1}


def test_a_replay_counts_nothing_again(field: Field) -> None:
    field.tablet.complete(field.job_id)
    push(field.store, field.tablet)
    once = counted(field)

    push(field.store, field.tablet)

    assert counted(field) == once


def test_a_reissue_is_counted_where_it_first_arrived(field: Field) -> None:
    field.tablet.say(move(field.job_id, JobEvent.ARRIVE))
    push(field.store, field.tablet)
    once = counted(field)

    origin = Origin(incarnation=Incarnation(field.tablet.incarnation), dseq=1)
    field.tablet.say(move(field.job_id, JobEvent.ARRIVE), origin=origin)
    push(field.store, field.tablet)

    assert counted(field) == once
