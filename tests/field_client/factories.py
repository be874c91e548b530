"""Valid things with defaults; a test states only what matters to it."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from field_client.replica.outbox import Pen
from field_client.replica.state import initialise, store_enrolment
from field_client.storage import Connection, Unencrypted, open_replica
from sync_protocol.documents import (
    Appointment,
    CustomerCard,
    JobDocument,
    JobKind,
    PhotoCard,
    PlantCard,
    PremiseCard,
    ProductCard,
    VisitCard,
)
from sync_protocol.ids import DeviceId, Incarnation, JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.messages import EnrolResponse
from sync_protocol.operations import Moment
from sync_protocol.optics import LightPath

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
TECHNICIAN = TechnicianId(UUID(int=7))
COLLEAGUE = TechnicianId(UUID(int=8))
SERIAL = "HWTC1A2B3C4D"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>'
JPEG = b"\xff\xd8\xff\xe0" + b"a photo" * 50


class Ids:
    """Ids that are the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  ids of a test need no secrecy

    def __call__(self) -> UUID:
        return UUID(int=self._random.getrandbits(128))


_NEW_IDS = Ids(1)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, wall: datetime = NOON) -> None:
        self.wall = wall
        self.monotonic_ms = 1_000
        self.boot_id = "boot-1"

    def moment(self) -> Moment:
        """Give the present of the test."""
        return Moment(wall=self.wall, monotonic_ms=self.monotonic_ms, boot_id=self.boot_id)

    def pass_ms(self, passed_ms: int) -> None:
        """Move on."""
        self.wall += timedelta(milliseconds=passed_ms)
        self.monotonic_ms += passed_ms


def a_moment(wall: datetime = NOON) -> Moment:
    return FakeClock(wall).moment()


def a_pen(new_id: Callable[[], UUID] | None = None, wall: datetime = NOON) -> Pen:
    return Pen(at=a_moment(wall), new_id=new_id or _NEW_IDS, new_salt=lambda: "5a17")


def a_job(**changes: object) -> JobDocument:
    job = JobDocument(
        id=JobId(UUID(int=100)),
        kind=JobKind.INSTALL,
        number="J-100",
        state=JobState.ASSIGNED,
        state_version=3,
        assignee_id=TECHNICIAN,
        customer=CustomerCard(name="A. Subscriber"),
        premise=PremiseCard(
            address="1 Sample Road", latitude=52.5, longitude=13.4, zone="Europe/Berlin"
        ),
        product=ProductCard(name="Fiber 500", down_mbps=500, up_mbps=250),
        plant=PlantCard(
            olt="olt-1",
            pon_port="0/1/0",
            splitter="S1",
            terminal="T1",
            terminal_port=2,
            light_path=LightPath(
                optic_class="GPON_B+",
                splitter_ratios=(32,),
                feeder_length_m=8000,
                distribution_length_m=800,
                drop_length_m=60,
                connectors=4,
                splices=6,
                launch_cdbm=300,
            ),
            snapshot="plant-1",
        ),
        appointment=Appointment(starts_at=NOON, ends_at=NOON + timedelta(hours=2)),
        required_photos=("ont", "wall"),
        fields={},
    )
    return msgspec.structs.replace(job, **changes)


def a_visit(*photos: str, **changes: object) -> VisitCard:
    """Give an earlier visit on which these photos were taken."""
    visit = VisitCard(
        job_number="J-9",
        kind=JobKind.REPAIR,
        state=JobState.COMPLETED,
        ended_at=NOON - timedelta(days=90),
        technician="Ben Ohm",
        code="D01",
        photos=tuple(
            PhotoCard(subject="terminal_port", sha256=sha256, taken_at=NOON - timedelta(days=90))
            for sha256 in photos
        ),
    )
    return msgspec.structs.replace(visit, **changes)


def an_enrolment(technician_id: TechnicianId = TECHNICIAN) -> EnrolResponse:
    return EnrolResponse(
        device_id=DeviceId(UUID(int=9)),
        technician_id=technician_id,
        technician_name="T. Echnician",
        token="token-1",
        token_expires_at=NOON + timedelta(minutes=10),
        server_time=NOON,
    )


def an_enrolled_replica(
    path: Path, *, incarnation: int = 1, technician_id: TechnicianId = TECHNICIAN
) -> Connection:
    """Open a plain replica that belongs to a technician; every statement commits by itself."""
    db = open_replica(path, Unencrypted())
    initialise(db, Incarnation(UUID(int=incarnation)))
    store_enrolment(db, "http://127.0.0.1:1", an_enrolment(technician_id))
    return db
