"""What is in the van: named cases of a list and of what was said since."""

from datetime import timedelta
from uuid import UUID

import pytest

from field_client.van import Mark, OntSaid, van_now
from sync_protocol.briefing import StockedOnt
from sync_protocol.ids import JobId
from tests.field_client.factories import NOON, SERIAL

JOB, OTHER_JOB = JobId(UUID(int=100)), JobId(UUID(int=101))
OTHER = "HWTC00000002"
HOUR = timedelta(hours=1)
LISTED = (
    StockedOnt(serial=SERIAL, model="HG8245H", since=NOON),
    StockedOnt(serial=OTHER, model="HG8245H"),
)


def said(mark: Mark, serial: str = SERIAL, *, hours: int = 1, **changes: object) -> OntSaid:
    values = {"serial": serial, "mark": mark, "job_id": JOB, "at": NOON + hours * HOUR} | changes
    return OntSaid(**values)  # pyright: ignore[reportArgumentType]  a test changes any of them


CASES: list[tuple[str, list[OntSaid], dict[str, Mark | None]]] = [
    ("nothing was said", [], {SERIAL: None, OTHER: None}),
    ("scanned for a job", [said(Mark.SCANNED)], {SERIAL: Mark.SCANNED, OTHER: None}),
    ("installed", [said(Mark.INSTALLED)], {SERIAL: Mark.INSTALLED, OTHER: None}),
    ("said before it came into the van", [said(Mark.INSTALLED, hours=-1)],
     {SERIAL: None, OTHER: None}),
    ("nobody knows since when it is there", [said(Mark.INSTALLED, OTHER, hours=-9)],
     {SERIAL: None, OTHER: Mark.INSTALLED}),
    ("another one was scanned afterwards", [said(Mark.SCANNED), said(Mark.SCANNED, OTHER)],
     {SERIAL: None, OTHER: Mark.SCANNED}),
    ("a mistaken scan hides nothing said before",
     [said(Mark.DEFECTIVE, OTHER), said(Mark.SCANNED, OTHER, job_id=OTHER_JOB),
      said(Mark.SCANNED, job_id=OTHER_JOB)],
     {SERIAL: Mark.SCANNED, OTHER: Mark.DEFECTIVE}),
    ("scanned at a job whose ONT does not stay",
     [said(Mark.SCANNED, job_id=JobId(UUID(int=102)))], {SERIAL: None, OTHER: None}),
    ("the last one counts", [said(Mark.INSTALLED), said(Mark.RECOVERED)],
     {SERIAL: Mark.RECOVERED, OTHER: None}),
    ("one that is not listed came in", [said(Mark.RECOVERED, "HWTC0000000A")],
     {SERIAL: None, OTHER: None, "HWTC0000000A": Mark.RECOVERED}),
    ("it came in and the office has moved it on since",
     [said(Mark.RECOVERED, "HWTC0000000A", is_settled=True)], {SERIAL: None, OTHER: None}),
    ("one that is not listed went out", [said(Mark.INSTALLED, "HWTC0000000A")],
     {SERIAL: None, OTHER: None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said_since", "expected"), CASES)
def test_the_van_is_the_list_with_what_was_said_since(
    name: str, said_since: list[OntSaid], expected: dict[str, Mark | None]
) -> None:
    now = van_now(LISTED, said_since, {JOB, OTHER_JOB})

    assert {ont.serial: None if ont.said is None else ont.said.mark for ont in now} == expected, (
        name
    )
    assert [ont.serial for ont in now] == sorted(ont.serial for ont in now)
