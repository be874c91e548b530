"""The fixed corpus of the benchmarks: technicians with a tablet and twelve jobs each, from a seed.

A job's document has about 2 KB. One push holds forty changes: a whole install with its five
captures and a signed completion, and thirty edits of shared fields on the other jobs. A day's push
holds the forty changes of a technician who was out of reach: three moves and two remarks on each of
eight jobs, the remarks in words of their own.
"""

import base64
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.acts import SYSTEM, Act
from server.database import Connection, Store, Written
from server.database.tables import people, work
from server.database.units import FeedChange
from server.jobs import commands as jobs
from server.orders import commands as orders
from server.orders.records import WantedOrder
from server.people.secrets import hash_secret
from sync_protocol import evidence, wire
from sync_protocol.ids import CaptureId, CompletionId, Incarnation, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import PROTOCOL_VERSION, Cursor, SyncRequest
from sync_protocol.operations import (
    Capture,
    CaptureBody,
    CompleteJob,
    LightReading,
    Manifest,
    Moment,
    MoveJob,
    Operation,
    OperationBody,
    Photo,
    RecordCapture,
    SerialScan,
    SetField,
    Signature,
)
from tests.server.factories import found_town

JOBS: Final = 12
EDITED: Final = 8
"""How many jobs of a tablet are edited and never finished; the others are finished, one a push."""
PUSHES: Final = JOBS - EDITED
CHANGES: Final = 40
NOTE_CHARACTERS: Final = 850
REMARK_CHARACTERS: Final = 30
ADDED_CHARACTERS: Final = 20
_BEGIN: Final = datetime(2026, 7, 2, 6, tzinfo=UTC)
# fmt: off
_WORDS: Final = (
    "the", "key", "hangs", "behind", "second", "door", "left", "stairs", "please", "ring",
    "before", "entering", "customer", "works", "from", "home", "after", "noon", "dog", "is",
    "friendly", "cabinet", "in", "cellar", "needs", "ladder", "cable", "runs", "along", "wall",
    "through", "duct", "blocked", "water", "meter", "room", "conduit", "eight", "metres", "long",
    "splice", "box", "mounted", "above", "fuse", "board", "landlord", "allows", "drilling",
    "only", "with", "dust", "cover", "neighbour", "has", "spare", "parking", "behind", "building",
    "gate", "code", "changed", "last", "week", "ask", "caretaker", "phone", "first", "old",
    "copper", "line", "must", "stay", "for", "lift", "alarm", "fiber", "outlet", "wanted", "near",
    "desk", "not", "beside", "window", "damp", "corner", "check", "light", "at", "terminal",
    "port", "swapped",
)
# fmt: on


class Ids:
    """Ids that look like UUIDv7 and come from a seed, so that sizes and orders repeat."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0

    def __call__(self) -> UUID:
        self._count += 1
        stamp = int(_BEGIN.timestamp() * 1000) + self._count
        noise = self._chance.getrandbits(74)
        return UUID(int=stamp << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (2**62 - 1))


class BenchTablet:
    """A tablet of the corpus: it numbers and chains what it says."""

    def __init__(self, chance: random.Random, ids: Ids, technician_id: UUID) -> None:
        self._chance = chance
        self._ids = ids
        self._key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        self.technician_id = technician_id
        self.device_id = ids()
        self.incarnation = Incarnation(ids())
        self.token = base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip("=")
        self.jobs: list[UUID] = []
        self.cursor: Cursor | None = None
        self.chain = wire.first_chain(self.incarnation)
        self.dseq = 0
        self.edits_said = 0
        """How many edits of access notes it has said, each of which writes once."""
        self._versions: dict[UUID, tuple[int, str]] = {}
        self._boot = str(ids())

    def device_row(self) -> dict[str, object]:
        """Give the row of an enrolled device."""
        return {
            "id": self.device_id,
            "technician_id": self.technician_id,
            "name": "tablet",
            "public_key": base64.b64encode(self._key.public_key().public_bytes_raw()).decode(),
            "enrolled_at": _BEGIN,
        }

    def incarnation_row(self) -> dict[str, object]:
        """Give the row of its incarnation, in which nothing was said yet."""
        return {
            "incarnation": self.incarnation,
            "device_id": self.device_id,
            "after": None,
            "head_dseq": 0,
            "chain": wire.first_chain(self.incarnation),
            "begun_at": _BEGIN,
        }

    def take_job(self, job_id: UUID, note: str) -> None:
        """Learn of a job, and what its access notes say."""
        self.jobs.append(job_id)
        self._versions[job_id] = (1, note)

    def push(self, number: int, changes: int = CHANGES) -> SyncRequest:
        """Make the push with this number, counted from 0; it continues what was said before."""
        install = self._install(self.jobs[EDITED + number % PUSHES], number)
        edits = [self._edit(self.jobs[at % EDITED]) for at in range(changes - len(install))]
        return self._request([*install, *edits])

    def day(self) -> SyncRequest:
        """Make a push of a day out of reach: five moves and remarks on each of eight jobs."""
        return self._request(
            [change for job_id in self.jobs[:EDITED] for change in self._visit(job_id)]
        )

    def empty(self) -> SyncRequest:
        """Make a request that only asks for what is new."""
        return self._request([])

    def _request(self, bodies: Sequence[OperationBody]) -> SyncRequest:
        before, raws = self.chain, list[msgspec.Raw]()
        for body in bodies:
            tx = self._ids().hex[-6:]
            self.dseq += 1
            operation = Operation(dseq=self.dseq, tx=tx, at=self._moment(), body=body)
            raw = wire.encode(operation)
            self.chain = wire.next_chain(self.chain, raw)
            raws.append(msgspec.Raw(raw))
        return SyncRequest(
            protocol=PROTOCOL_VERSION,
            app_version="0.1.0",
            incarnation=self.incarnation,
            chain_before=before,
            clock=self._moment(),
            operations=tuple(raws),
            cursor=self.cursor,
        )

    def _moment(self) -> Moment:
        wall = _BEGIN + timedelta(seconds=self.dseq * 41)
        return Moment(
            wall=wall, monotonic_ms=self.dseq * 41_000, boot_id=self._boot, server_offset_ms=-180
        )

    def _visit(self, job_id: UUID) -> list[OperationBody]:
        job = JobId(job_id)
        first = text(self._chance, REMARK_CHARACTERS)
        more = f"{first} {text(self._chance, ADDED_CHARACTERS)}"
        begin = (JobEvent.DEPART, JobEvent.ARRIVE, JobEvent.START)
        return [
            *(
                MoveJob(job_id=job, event=event, base_state_version=2 + at)
                for at, event in enumerate(begin)
            ),
            *(
                SetField(
                    job_id=job,
                    field="technician_remark",
                    value=value,
                    base_version=version,
                    base_value=base,
                )
                for version, base, value in ((0, "", first), (1, first, more))
            ),
        ]

    def _edit(self, job_id: UUID) -> SetField:
        self.edits_said += 1
        version, base = self._versions[job_id]
        value = text(self._chance, 40)
        self._versions[job_id] = (version + 1, value)
        return SetField(
            job_id=JobId(job_id),
            field="access_notes",
            value=value,
            base_version=version,
            base_value=base,
        )

    def _install(self, job_id: UUID, number: int) -> list[OperationBody]:
        job = JobId(job_id)
        captures = [
            Capture(id=CaptureId(self._ids()), at=self._moment(), body=body)
            for body in self._bodies()
        ]
        manifest = Manifest(
            completion_id=CompletionId(self._ids()),
            job_id=job,
            captures=evidence.digests_of(captures),
            completed_at=self._moment(),
        )
        signature = base64.b64encode(self._key.sign(evidence.bytes_to_sign(manifest))).decode()
        begin = [JobEvent.DEPART, JobEvent.ARRIVE, JobEvent.START] if number < PUSHES else []
        return [
            *(MoveJob(job_id=job, event=event, base_state_version=2) for event in begin),
            *(RecordCapture(job_id=job, capture=capture) for capture in captures),
            CompleteJob(
                job_id=job,
                code="D02",
                base_state_version=2 + len(begin),
                manifest=manifest,
                signature=signature,
            ),
        ]

    def _bodies(self) -> tuple[CaptureBody, ...]:
        serial = f"HWTC{self._chance.getrandbits(32):08X}"
        sha = [self._chance.randbytes(32).hex() for _ in range(3)]
        return (
            SerialScan(serial=serial, raw_text=f"S/N {serial}", method="scan"),
            LightReading(rx_power_cdbm=-1940, plant_snapshot="p1"),
            Photo(subject="ont_mounted", sha256=sha[0], size_bytes=284_113),
            Photo(subject="ont_label", sha256=sha[1], size_bytes=191_870),
            Signature(
                signer_name="Erika Muster", statement="It works.", sha256=sha[2], size_bytes=4_120
            ),
        )


class Corpus(msgspec.Struct, frozen=True):
    """What was stored: the tablets."""

    tablets: tuple[BenchTablet, ...]


def found(store: Store, tablets: int, *, seed: int = 1, jobs_each: int = JOBS) -> Corpus:
    """Fill a fresh database with so many technicians, each with a tablet and jobs."""
    chance = random.Random(seed)  # noqa: S311  a corpus, no secret
    ids = Ids(chance)
    found_town(store, houses=tablets * jobs_each)
    made = tuple(BenchTablet(chance, ids, ids()) for _ in range(tablets))
    for first in range(0, tablets, 50):
        part = made[first : first + 50]
        store.write_now(_equip, part, first, chance, ids, jobs_each)
    return Corpus(made)


def _equip(
    db: Connection,
    tablets: Sequence[BenchTablet],
    first: int,
    chance: random.Random,
    ids: Callable[[], UUID],
    jobs_each: int,
) -> Written[None]:
    names = [f"T-{first + at}" for at in range(len(tablets))]
    db.execute(
        sa.insert(people.technicians),
        [
            {"id": tablet.technician_id, "external_id": name, "name": name, "email": None}
            for tablet, name in zip(tablets, names, strict=True)
        ],
    )
    db.execute(sa.insert(people.devices), [tablet.device_row() for tablet in tablets])
    db.execute(sa.insert(people.incarnations), [tablet.incarnation_row() for tablet in tablets])
    far = datetime(2100, 1, 1, tzinfo=UTC)
    db.execute(
        sa.insert(people.device_tokens),
        [
            {"secret_hash": hash_secret(t.token), "device_id": t.device_id, "expires_at": far}
            for t in tablets
        ],
    )
    changes: list[FeedChange] = []
    for number, (tablet, name) in enumerate(zip(tablets, names, strict=True), first):
        for at in range(jobs_each):
            house, note = number * jobs_each + at + 1, text(chance, NOTE_CHARACTERS)
            changes += _give_job(db, tablet, f"{name}-{at}", house, note, ids)
    return Written(None, feed=tuple(changes))


def _give_job(
    db: Connection, tablet: BenchTablet, number: str, house: int, note: str, ids: Callable[[], UUID]
) -> tuple[FeedChange, ...]:
    act = Act(actor=SYSTEM, now=_BEGIN, new_id=ids)
    at = (house - 1) % JOBS
    order = WantedOrder(
        number=number,
        account="A-1",
        premise=f"P-{house}",
        product="FIBER-300",
        appointment_starts_at=_BEGIN + timedelta(hours=at),
        appointment_ends_at=_BEGIN + timedelta(hours=at + 2),
    )
    placed = orders.place(db, order, act=act).value
    given = jobs.assign(db, placed.job_id, tablet.technician_id, act=act)
    db.execute(
        sa.insert(work.job_fields),
        {"job_id": placed.job_id, "field": "access_notes", "value": note, "version": 1},
    )
    tablet.take_job(placed.job_id, note)
    return given.feed


def text(chance: random.Random, characters: int) -> str:
    """Make a note of about so many characters."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < characters:
        words.append(chance.choice(_WORDS))
    return " ".join(words)
