"""A device in several incarnations: registered, told to the office, and nobody else's."""

from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import utc_now
from server.database import Store
from server.database.tables.people import audit, devices
from server.database.tables.work import completions
from server.sync import queries, registration
from server.sync.refusals import SyncRefused
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.messages import BeginIncarnation, IncarnationBegun, Refusal
from sync_protocol.operations import Operation, Origin
from tests.server.factories import NOON, Town, change, rows
from tests.server.sync.doors import bearer
from tests.server.sync.field import Field
from tests.server.tablets import Tablet, enrolled, push, set_field, verdicts


def begin(store: Store, tablet: Tablet, incarnation: Incarnation) -> IncarnationBegun:
    request = BeginIncarnation(incarnation=incarnation, after=tablet.incarnation)
    return store.write_now(registration.register, tablet.device_id, request, act=tablet.act())


def begun_anew(store: Store, tablet: Tablet) -> Tablet:
    """Give the copy of a tablet that has begun a new incarnation; it has said nothing yet."""
    copy = Tablet()
    copy.key, copy.token = tablet.key, tablet.token
    copy.device_id, copy.technician_id = tablet.device_id, tablet.technician_id
    begin(store, tablet, copy.incarnation)
    return copy


def test_a_new_incarnation_begins_with_nothing_heard(field: Field) -> None:
    new = Incarnation(uuid7())

    begun = begin(field.store, field.tablet, new)

    assert (begun.incarnation, begun.acked_dseq) == (new, 0)
    assert begun.chain == wire.first_chain(new)


def test_registering_again_answers_again_and_is_audited_once(field: Field) -> None:
    new = Incarnation(uuid7())

    answers = [begin(field.store, field.tablet, new) for _ in range(3)]

    assert answers[1:] == answers[:1] * 2
    lines = [row for row in rows(field.store, audit) if row["action"] == "incarnation.begun"]
    assert [line["detail"] for line in lines] == [
        {
            "device_id": str(field.tablet.device_id),
            "incarnation": str(new),
            "after": str(field.tablet.incarnation),
        }
    ]


def test_the_incarnation_of_another_device_is_refused_without_a_word_about_it(
    field: Field,
) -> None:
    bens = enrolled(field.store, field.town.ben)
    bens.say(set_field(field.job_id, "?"))
    push(field.store, bens)

    with pytest.raises(SyncRefused) as refused:
        begin(field.store, field.tablet, bens.incarnation)

    assert refused.value.body.refusal is Refusal.FORK
    assert str(bens.device_id) not in refused.value.body.detail


def test_a_revoked_device_begins_nothing(field: Field) -> None:
    change(field.store, sa.update(devices).values(revoked_at=NOON))

    with pytest.raises(SyncRefused) as refused:
        begin(field.store, field.tablet, Incarnation(uuid7()))

    assert refused.value.body.refusal is Refusal.DEVICE_REVOKED


def test_both_incarnations_of_a_device_go_on_for_ever(field: Field) -> None:
    copy = begun_anew(field.store, field.tablet)

    for number in range(3):
        field.tablet.say(set_field(field.job_id, f"one {number}", base=2 * number))
        copy.say(set_field(field.job_id, f"two {number}", base=2 * number + 1))
        assert verdicts(push(field.store, field.tablet, number + 1)) == [("applied", None)]
        assert verdicts(push(field.store, copy, number + 1)) == [("applied", None)]

    assert field.note() == "two 2"


def test_the_office_sees_that_a_device_speaks_in_two_incarnations(field: Field) -> None:
    copy = begun_anew(field.store, field.tablet)
    copy.say(set_field(field.job_id, "one"))
    push(field.store, copy)

    (card,) = field.store.read_now(queries.list_devices)

    assert [(each.incarnation, each.after, each.head_dseq) for each in card.incarnations] == [
        (field.tablet.incarnation, None, 0),
        (copy.incarnation, field.tablet.incarnation, 1),
    ]


async def test_the_route_registers_for_the_device_of_the_token(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet, new = enrolled(store, town.ada, now=utc_now()), Incarnation(uuid7())
    body = wire.encode(BeginIncarnation(incarnation=new, after=tablet.incarnation))

    answer = await client.post(
        "/devices/v1/incarnations", headers=bearer(tablet.token), content=body
    )
    nobody = await client.post("/devices/v1/incarnations", content=body)

    assert answer.status_code == 200
    assert msgspec.json.decode(answer.content, type=IncarnationBegun).incarnation == new
    assert nobody.status_code == 401


def test_what_a_rolled_back_replica_did_since_takes_effect_beside_what_it_did_before(
    field: Field,
) -> None:
    field.tablet.say(set_field(field.job_id, "before"))
    field.push()
    back = begun_anew(field.store, field.tablet)
    # Number 1 once more, for another thing: the replica knows nothing of the first.
    back.say(set_field(field.job_id, "since"), origin=origin_of(field.tablet, 1))

    assert verdicts(push(field.store, back)) == [("kept_as_conflict", "edited_on_both_sides")]
    assert field.note() == "since"


def test_two_copies_that_issue_the_same_again_are_heard_once(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "before"))
    field.push()
    copies = [begun_anew(field.store, field.tablet) for _ in range(3)]
    for copy in copies:
        copy.say(set_field(field.job_id, "since"), origin=origin_of(field.tablet, 1))

    heard = [verdicts(push(field.store, copy)) for copy in copies]

    assert heard == [
        [("kept_as_conflict", "edited_on_both_sides")],
        [("duplicate", None)],
        [("duplicate", None)],
    ]


def test_what_is_issued_a_third_time_is_still_known_by_its_first_number(field: Field) -> None:
    field.tablet.say(set_field(field.job_id, "one"))
    second, third = (begun_anew(field.store, field.tablet) for _ in range(2))
    for again in (second, third):
        again.say(set_field(field.job_id, "one"), origin=origin_of(field.tablet, 1))

    assert verdicts(push(field.store, third)) == [("applied", None)]
    assert verdicts(push(field.store, second)) == [("duplicate", None)]
    # The request of the first incarnation was under way all the time.
    assert verdicts(field.push()) == [("duplicate", None)]


def origin_of(tablet: Tablet, dseq: int) -> Origin:
    return Origin(incarnation=tablet.incarnation, dseq=dseq)


def test_an_incarnation_of_another_device_cannot_be_spoken_in(field: Field) -> None:
    bens = enrolled(field.store, field.town.ben)
    bens.incarnation = field.tablet.incarnation

    with pytest.raises(SyncRefused) as refused:
        push(field.store, bens)

    assert refused.value.body.refusal is Refusal.UNKNOWN_INCARNATION
    assert str(UUID(str(field.tablet.device_id))) not in refused.value.body.detail


def re_issue(store: Store, lost: Tablet, new: Tablet) -> None:
    """Let a new device send what the device before it had entered."""
    for dseq, raw in enumerate(lost.said, start=1):
        body = wire.decode(raw, Operation).body
        new.say(body, tx=wire.decode(raw, Operation).tx, origin=origin_of(lost, dseq))
    push(store, new)


def test_a_completion_that_a_lost_key_signed_stays_the_old_device_s(field: Field) -> None:
    field.tablet.complete(field.job_id)
    new = enrolled(field.store, field.town.ada)

    re_issue(field.store, field.tablet, new)

    (completion,) = rows(field.store, completions)
    assert completion["device_id"] == field.tablet.device_id


def test_a_completion_signed_after_the_loss_is_the_new_device_s(field: Field) -> None:
    new = enrolled(field.store, field.town.ada)
    field.tablet.key = new.key  # made at the first use after the loss, enrolled later
    field.tablet.complete(field.job_id)

    re_issue(field.store, field.tablet, new)

    (completion,) = rows(field.store, completions)
    assert completion["device_id"] == new.device_id


def test_a_completion_that_nobody_signed_stays_where_it_began(field: Field) -> None:
    new = enrolled(field.store, field.town.ada)
    field.tablet.key = Tablet().key
    field.tablet.complete(field.job_id)

    re_issue(field.store, field.tablet, new)

    (completion,) = rows(field.store, completions)
    assert completion["device_id"] == field.tablet.device_id


def test_nobody_signs_for_another_technician(field: Field) -> None:
    bens = enrolled(field.store, field.town.ben)
    field.tablet.complete(field.job_id)

    re_issue(field.store, field.tablet, bens)

    (completion,) = rows(field.store, completions)
    assert completion["device_id"] == bens.device_id
