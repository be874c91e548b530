import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.database.tables.people import audit
from server.database.tables.plant import drops, premises
from server.jobs import queries as job_queries
from server.problems import Conflicting, NotFound, WrongInput
from server.proposals import commands, queries
from server.proposals.records import ProposalState, Ruling
from sync_protocol.documents import JobDocument
from sync_protocol.ids import JobId
from sync_protocol.operations import Subject
from tests.server.factories import (
    NOON,
    OFFICE,
    act,
    assign,
    change,
    count,
    rows,
)
from tests.server.proposals.proposing import listed, proposed
from tests.server.sync.field import Field
from tests.server.tablets import pull_page, verdicts

BY_OFFICE = act(actor=OFFICE)


def document(field: Field) -> JobDocument:
    return field.store.read_now(job_queries.documents, [field.job_id])[field.job_id]


def port_of_house_1(field: Field) -> int:
    (drop,) = (row for row in rows(field.store, drops) if row["id"] == field.town.drops[0])
    return drop["terminal_port"]


def test_a_correction_waits_for_the_office_and_changes_nothing(field: Field) -> None:
    before = document(field)

    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9", seen="1")

    (line,) = listed(field)
    assert (line.id, line.state, line.is_applied) == (proposal_id, ProposalState.OPEN, False)
    assert (line.job_id, line.premise_id) == (field.job_id, field.town.premises[0])
    assert (line.field, line.seen_value, line.proposed_value) == ("terminal_port", "1", "9")
    assert (line.job_number, line.technician, line.reason) == ("O-1-1", "Ada", "I saw it")
    assert document(field) == before


def test_accepting_a_port_changes_the_drop_and_tells_the_tablet(field: Field) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9", seen="1")
    cursor = pull_page(field.store, field.tablet).cursor

    decided = field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    assert (decided.state, decided.is_applied) == (ProposalState.ACCEPTED, True)
    assert (decided.decided_by, decided.decided_at) == (OFFICE.id, NOON)
    assert port_of_house_1(field) == 9
    assert document(field).plant.terminal_port == 9
    (entry,) = pull_page(field.store, field.tablet, cursor).entries
    assert b'"terminal_port":9' in msgspec.json.encode(entry)
    (said,) = (row for row in rows(field.store, audit) if row["action"] == "proposal.accepted")
    assert said["detail"] == {
        "proposal_id": str(proposal_id),
        "field": "plant.terminal_port",
        "is_applied": True,
    }


def test_accepting_a_position_moves_the_premise(field: Field) -> None:
    proposal_id = proposed(field, Subject.PREMISE, "position", "52.52001, 13.40495")

    field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    premise = document(field).premise
    assert (premise.latitude, premise.longitude) == (52.52001, 13.40495)
    assert premise.address == "Lindenweg 1, 12345 Neustadt"


@pytest.mark.parametrize(
    ("subject", "name"),
    [(Subject.PREMISE, "address"), (Subject.PLANT, "splitter"), (Subject.PLANT, "of 2031")],
)
def test_what_is_not_ours_to_change_is_only_marked(
    field: Field, subject: Subject, name: str
) -> None:
    before = document(field)
    proposal_id = proposed(field, subject, name, "another")

    decided = field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    assert (decided.state, decided.is_applied) == (ProposalState.ACCEPTED, False)
    assert document(field) == before


def test_declining_changes_nothing_and_is_written_down(field: Field) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9")

    declined = field.store.write_now(commands.decide, proposal_id, Ruling.DECLINE, act=BY_OFFICE)

    assert (declined.state, port_of_house_1(field)) == (ProposalState.DECLINED, 1)
    assert count(field.store, audit, audit.c.action == "proposal.declined") == 1


@pytest.mark.parametrize(
    ("subject", "name", "value", "complaint"),
    [
        (Subject.PLANT, "terminal_port", "three", "'three'.*a whole number"),
        (Subject.PLANT, "terminal_port", "9" * 4000, "a whole number"),
        (Subject.PLANT, "terminal_port", "0", "terminal_port is 0.*at least 1"),
        (Subject.PREMISE, "position", "by the lake", "'by the lake'.*latitude and longitude"),
        (Subject.PREMISE, "position", "95.0, 13.4", "latitude is 95.0"),
        (Subject.PREMISE, "position", "nan, 13.4", "latitude is nan"),
        (Subject.PREMISE, "position", "52.5", "latitude and longitude"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_the_proposal_stays_open(
    field: Field, subject: Subject, name: str, value: str, complaint: str
) -> None:
    proposal_id = proposed(field, subject, name, value)

    with pytest.raises(WrongInput, match=complaint):
        field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    assert [line.state for line in listed(field)] == [ProposalState.OPEN]


@pytest.mark.parametrize(
    ("port", "complaint"),
    [("2", "a place that D-2 does not hold"), ("17", "from 1 to 16, the ports of NAP-204")],
)
def test_an_import_refuses_what_a_proposal_cannot_have_either(
    field: Field, port: str, complaint: str
) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", port)

    with pytest.raises(Conflicting, match=complaint):
        field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    assert [line.state for line in listed(field)] == [ProposalState.OPEN]
    assert port_of_house_1(field) == 1


def test_a_premise_that_has_lost_its_drop_has_no_port_to_change(field: Field) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9")
    change(field.store, sa.delete(drops).where(drops.c.id == field.town.drops[0]))

    with pytest.raises(Conflicting, match="there are no drops"):
        field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)


def test_what_is_decided_stays_decided(field: Field) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9")
    first = field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    again = field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)
    with pytest.raises(Conflicting, match="is accepted already"):
        field.store.write_now(commands.decide, proposal_id, Ruling.DECLINE, act=BY_OFFICE)

    assert again == first
    assert count(field.store, audit, audit.c.action == "proposal.accepted") == 1


def test_a_proposal_that_is_not_there_is_named(field: Field) -> None:
    unknown = uuid7()

    with pytest.raises(NotFound, match=str(unknown)):
        field.store.write_now(commands.decide, unknown, Ruling.ACCEPT, act=BY_OFFICE)


def test_a_proposal_comes_once_however_often_its_capture_is_sent(field: Field) -> None:
    proposed(field, Subject.PLANT, "terminal_port", "9")
    field.push()
    said = field.tablet.said[0].replace(b'"dseq":1', b'"dseq":2')
    field.tablet.said.append(said)
    answered = verdicts(field.push(2))

    assert answered == [("merged", None)]
    assert len(listed(field)) == 1


def test_a_proposal_of_whose_job_it_is_no_longer_is_kept(field: Field) -> None:
    assign(field.store, field.job_id, field.town.ben)

    proposed(field, Subject.PREMISE, "hazards", "loose roof")

    (line,) = listed(field)
    assert (line.technician, line.field) == ("Ada", "hazards")


def test_proposals_are_listed_by_state_oldest_first(field: Field) -> None:
    first = proposed(field, Subject.PREMISE, "unit", "3rd floor")
    second = proposed(field, Subject.PREMISE, "hazards", "loose roof")
    field.store.write_now(commands.decide, first, Ruling.DECLINE, act=BY_OFFICE)

    def ids(state: ProposalState | None) -> list[object]:
        return [line.id for line in field.store.read_now(queries.list_page, state=state)]

    assert ids(None) == [first, second]
    assert ids(ProposalState.OPEN) == [second]
    assert field.store.read_now(queries.list_page, state=None, offset=2) == ()


def test_a_move_of_the_premise_reaches_every_job_there(field: Field) -> None:
    proposal_id = proposed(field, Subject.PREMISE, "position", "1, 2")

    field.store.write_now(commands.decide, proposal_id, Ruling.ACCEPT, act=BY_OFFICE)

    (house,) = (row for row in rows(field.store, premises) if row["external_id"] == "P-1")
    assert (house["latitude"], house["longitude"]) == (1.0, 2.0)
    assert document(field).id == JobId(field.job_id)
