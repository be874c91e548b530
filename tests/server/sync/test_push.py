from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database import Store
from server.database.tables.fulfilment import inbox_items, processes
from server.database.tables.people import audit, devices, incarnations
from server.database.tables.sync import feed, issues, operations
from server.database.tables.work import captures, completions
from server.jobs import commands as jobs
from server.sync import commands
from server.sync.refusals import SyncRefused
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import Refusal, SyncRequest
from sync_protocol.operations import GiveUpJob, LightReading, Moment
from tests.server.factories import (
    NOON,
    OFFICE,
    act,
    assign,
    change,
    count,
    rows,
)
from tests.server.sync.field import Field
from tests.server.tablets import (
    SERIAL,
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


def test_a_visit_code_of_another_version_loses_nothing(field: Field) -> None:
    given_up = GiveUpJob(job_id=JobId(field.job_id), code="Z98", base_state_version=2)
    field.tablet.say(given_up)
    completion = field.tablet.complete(field.job_id)
    field.tablet.said[-1] = field.tablet.said[-1].replace(b'"D02"', b'"Z99"')

    given = verdicts(field.push())

    assert {verdict for verdict, _ in given} <= {"applied", "merged"}
    assert field.job.state is JobState.COMPLETED
    (kept,) = rows(field.store, completions)
    assert (kept["id"], kept["code"]) == (completion.manifest.completion_id, "Z99")
    said = [row["detail"].get("what") for row in rows(field.store, audit)]
    assert {"Z98", "Z99"} <= {*said}


def test_a_job_with_a_reading_that_nobody_could_judge_is_completed(field: Field) -> None:
    unjudged = LightReading(rx_power_cdbm=-1900, plant_snapshot="unknown")
    field.tablet.complete(
        field.job_id,
        [unjudged if isinstance(body, LightReading) else body for body in bodies()],
    )

    assert {verdict for verdict, _ in verdicts(field.push())} == {"applied"}
    assert field.job.state is JobState.COMPLETED
    assert count(field.store, processes) == 1


def test_a_completed_job_starts_one_process_and_moves_the_head(field: Field) -> None:
    field.tablet.complete(field.job_id)

    pushed = field.push()

    assert verdicts(pushed) == [("applied", None)] * 6
    assert (pushed.acked_dseq, pushed.chain) == (6, field.tablet.chain(6))
    assert field.job.state is JobState.COMPLETED
    assert count(field.store, processes) == count(field.store, completions) == 1
    assert count(field.store, captures) == 5


def test_a_replay_answers_byte_for_byte_however_it_is_split(field: Field) -> None:
    work_a_day(field)
    first = field.push()
    before = {t.name: rows(field.store, t) for t in (operations, issues, captures, feed, processes)}

    whole = [bytes(raw) for raw in first.verdicts]
    for pieces in ([(1, 10)], [(1, 3), (4, 10)], [(n, n) for n in range(1, 11)], [(1, 7), (5, 10)]):
        for start, end in pieces:
            again = field.push(start, end)
            assert [bytes(raw) for raw in again.verdicts] == whole[start - 1 : end]
            assert (again.acked_dseq, again.chain) == (first.acked_dseq, first.chain)

    assert {verdict for verdict, _ in verdicts(first)} >= {"applied", "kept_as_conflict", "parked"}
    assert before == {
        t.name: rows(field.store, t) for t in (operations, issues, captures, feed, processes)
    }


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_the_outcome_does_not_depend_on_how_a_day_is_split(field: Field, size: int) -> None:
    work_a_day(field)
    found: list[tuple[str, str | None]] = []
    for start in range(1, 11, size):
        found += verdicts(field.push(start, min(start + size - 1, 10)))

    assert found == [
        ("applied", None),
        ("applied", None),
        ("kept_as_conflict", "edited_on_both_sides"),
        ("parked", "illegal_transition"),
        *[("applied", None)] * 5,
        ("merged", None),
    ]
    assert field.note() == "ring twice"
    assert field.job.state is JobState.COMPLETED
    assert count(field.store, issues) == 2


def test_a_batch_that_is_half_known_is_answered_whole(field: Field) -> None:
    work_a_day(field)
    field.push(1, 4)

    assert len(field.push(1, 10).verdicts) == 10
    assert count(field.store, operations) == 10


def test_without_the_stored_verdict_a_replay_has_new_effects(field: Field) -> None:
    """The teeth of the two tests above: the device's head and verdicts are what stops a replay."""
    field.tablet.say(
        set_field(field.job_id, "bell broken"), set_field(field.job_id, "ring", base=1)
    )
    field.push()
    change(field.store, sa.delete(operations))
    change(field.store, sa.update(incarnations).values(head_dseq=0, chain=field.tablet.chain(0)))

    assert verdicts(field.push()) == [("kept_as_conflict", "edited_on_both_sides")] * 2
    assert count(field.store, issues) == 2


def test_a_gap_is_refused_with_the_number_that_is_next(field: Field) -> None:
    field.tablet.say(*[set_field(field.job_id, str(n), base=n) for n in range(5)])
    field.push(1, 2)

    with pytest.raises(SyncRefused) as refused:
        field.push(4, 5)

    assert (refused.value.body.refusal, refused.value.body.expected_dseq) == (Refusal.GAP, 3)
    assert count(field.store, operations) == 2


def test_a_gap_inside_a_batch_is_refused_whole(field: Field) -> None:
    field.tablet.say(*[set_field(field.job_id, str(n), base=n) for n in range(3)])
    request = field.tablet.request()
    holed = msgspec.structs.replace(
        request, operations=(request.operations[0], request.operations[2])
    )

    assert refusal(field.store, field.tablet, holed) is Refusal.GAP
    assert count(field.store, operations) == 0


def test_another_chain_at_the_head_is_a_fork(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "one"), set_field(field.job_id, "two", base=1))
    field.push(1, 1)
    field.tablet.said[0] = field.tablet.said[0].replace(b"one", b"uno")

    assert refusal(field.store, field.tablet, field.tablet.request(2)) is Refusal.FORK
    assert field.note() == "one"


def test_a_known_number_with_other_content_is_a_fork(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "one"))
    field.push()
    field.tablet.said[0] = field.tablet.said[0].replace(b"one", b"uno")

    assert refusal(field.store, field.tablet, field.tablet.request()) is Refusal.FORK


def test_an_incarnation_that_the_device_has_not_registered_is_asked_for(field: Field) -> None:
    request = msgspec.structs.replace(field.tablet.request(), incarnation=Incarnation(uuid7()))

    assert refusal(field.store, field.tablet, request) is Refusal.UNKNOWN_INCARNATION


def test_the_chain_is_over_the_bytes_as_sent(field: Field) -> None:
    """Blanks and unknown fields inside an operation survive: the server hashes what it received."""
    field.tablet.say(set_field(field.job_id, "one"))
    field.tablet.said[0] = field.tablet.said[0].replace(b'"tx":', b'"news" : [1,  2], "tx" : ')

    assert field.push().chain == field.tablet.chain(1)
    assert rows(field.store, operations)[0]["raw"] == field.tablet.said[0]


POISON = {
    "no body": b'{"dseq":%d}',
    "no kind": b'{"dseq":%d,"tx":"t","at":null,"body":{"type":7}}',
    "a list": b'{"dseq":%d,"tx":[1],"at":{},"body":[]}',
    "NUL": b'{"dseq":%d,"tx":"\\u0000"}',
    "an integer beyond 64 bits": b'{"dseq":%d,"tx":"x","at":{"monotonic_ms":9' + b"9" * 22 + b"}}",
    "an integer beyond all floats": b'{"dseq":%d,"tx":"x","at":{"monotonic_ms":1'
    + b"0" * 400
    + b"}}",
    "no UTF-8": b'{"dseq":%d,"tx":"\xff\xfe"}',
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_a_bad_operation_is_rejected_and_spoils_no_neighbour(field: Field, poison: bytes) -> None:
    field.tablet.say(set_field(field.job_id, "one"))
    field.tablet.say_raw(poison)
    field.tablet.say(set_field(field.job_id, "two", base=1))

    pushed = field.push()

    assert verdicts(pushed) == [("applied", None), ("rejected", "bad_value"), ("applied", None)]
    assert field.note() == "two"
    assert [issue["dseq"] for issue in rows(field.store, issues)] == [2]
    assert rows(field.store, operations)[1]["raw"] == field.tablet.said[1]


def test_an_operation_without_a_readable_number_refuses_the_request(field: Field) -> None:
    for raw in (
        b"{}",
        b'{"dseq":0}',
        b'{"dseq":-1}',
        b'{"dseq":1e3}',
        b'{"dseq":99999999999999999999}',
        b"[]",
    ):
        request = msgspec.structs.replace(field.tablet.request(), operations=(msgspec.Raw(raw),))
        assert refusal(field.store, field.tablet, request) is Refusal.BAD_REQUEST


def test_text_that_only_looks_like_nul_is_kept(field: Field) -> None:
    text = "a backslash: \\u0000"
    field.tablet.say(set_field(field.job_id, text))

    assert verdicts(field.push()) == [("applied", None)]
    assert field.note() == text


@pytest.mark.parametrize("text", ["\0", "before\0after", "\\\0"])
def test_text_with_nul_is_rejected_on_both_databases(field: Field, text: str) -> None:
    field.tablet.say(set_field(field.job_id, text))

    assert verdicts(field.push()) == [("rejected", "bad_value")]


def test_an_unknown_job_is_parked_and_seen(field: Field) -> None:
    stranger = uuid7()
    field.tablet.say(record(stranger, capture(bodies()[0])), move(stranger, JobEvent.ACCEPT))
    field.tablet.say(set_field(stranger, "note"))
    field.tablet.complete(stranger)

    assert {*verdicts(field.push())} == {("parked", "unknown_job")}
    assert count(field.store, issues) == count(field.store, operations) == 9
    assert count(field.store, captures) == 0


@pytest.mark.parametrize(
    "wall",
    [
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
        NOON,
    ],
    ids=str,
)
def test_no_clock_keeps_a_completion_out(field: Field, wall: datetime | str) -> None:
    field.tablet.complete(field.job_id)
    at = wall if isinstance(wall, str) else wall.isoformat()
    field.tablet.said = [
        raw.replace(b'"wall":"2026-07-02T12:00:00Z"', f'"wall":"{at}"'.encode()).replace(
            b"boot-1", b"boot-0"
        )
        for raw in field.tablet.said[:-1]
    ]
    field.tablet.clock = Moment(wall=NOON, monotonic_ms=5, boot_id="boot-2", server_offset_ms=2**53)
    field.tablet.said.append(
        b'{"dseq":6,"tx":"t","at":{"wall":"%s","monotonic_ms":1,"boot_id":"b",'
        b'"server_offset_ms":%d},"body":{"type":"complete","job_id":"%s","code":"done",'
        b'"base_state_version":2,"manifest":{"completion_id":"%s","job_id":"%s","captures":[],'
        b'"completed_at":{"wall":"%s","monotonic_ms":0,"boot_id":""}}}}'
        % (
            at.encode(), 2**53, str(field.job_id).encode(), str(uuid7()).encode(),
            str(field.job_id).encode(), at.encode(),
        )
    )  # fmt: skip

    assert {verdict for verdict, _ in verdicts(field.push())} == {"applied"}
    assert rows(field.store, completions)[0]["completed_at"] <= NOON


def test_a_long_completion_code_is_stored_on_both_databases(field: Field) -> None:
    said = msgspec.structs.replace(field.tablet.completion(field.job_id, []), code="x" * 200)
    field.tablet.say(said)

    assert verdicts(field.push()) == [("applied", None)]


def test_work_on_a_cancelled_job_is_kept_and_does_not_bring_it_back(field: Field) -> None:
    field.store.write_now(jobs.cancel, field.job_id, reason="moved away", act=act(actor=OFFICE))
    field.tablet.say(set_field(field.job_id, "dog"))
    field.tablet.complete(field.job_id)

    found = verdicts(field.push())

    assert found[0] == ("applied", None)
    assert found[1:6] == [("merged", "late")] * 5
    assert found[6] == ("parked", "job_cancelled")
    assert count(field.store, processes) == 0
    assert count(field.store, completions) == count(field.store, inbox_items) == 1
    assert [row["kind"] for row in rows(field.store, feed) if row["entity"] == "job"] == ["leave"]


def test_two_technicians_complete_one_job_and_cause_one_process(field: Field) -> None:
    bens = enrolled(field.store, field.town.ben)
    assign(field.store, field.job_id, field.town.ben)
    field.tablet.complete(field.job_id)
    bens.complete(field.job_id, bodies("HWTC000000AA"))

    assert verdicts(field.push())[-1] == ("merged", "late")
    assert verdicts(push(field.store, bens))[-1] == ("kept_as_conflict", "already_completed")
    assert count(field.store, processes) == 1
    assert count(field.store, completions) == 2


def test_a_revoked_device_is_refused_in_the_same_instant(field: Field) -> None:
    change(field.store, sa.update(devices).values(revoked_at=NOON))

    assert refusal(field.store, field.tablet, field.tablet.request()) is Refusal.DEVICE_REVOKED


def test_an_unknown_device_is_refused(field: Field) -> None:
    with pytest.raises(SyncRefused) as refused:
        field.store.write_now(
            commands.receive, UUID(int=3), field.tablet.request(), act=field.tablet.act()
        )

    assert refused.value.body.refusal is Refusal.UNKNOWN_DEVICE


def test_the_serial_of_a_capture_survives_as_captured(field: Field) -> None:
    field.tablet.complete(field.job_id)
    field.push()

    stored = next(row for row in rows(field.store, captures) if row["kind"] == "serial")
    assert stored["capture"]["body"]["serial"] == SERIAL
