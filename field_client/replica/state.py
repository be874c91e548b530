"""Who the replica is and how far it has got: its one row, read as a value."""

import enum
from datetime import datetime, timedelta

import msgspec

from field_client.storage import Connection
from field_client.storage.statements import fetch_row, find_row, run
from sync_protocol import wire
from sync_protocol.ids import DeviceId, Epoch, Incarnation, TechnicianId
from sync_protocol.messages import Cursor, EnrolResponse, Token
from sync_protocol.operations import Moment
from sync_protocol.units import Counter, Sha256Hex


class Why(enum.StrEnum):
    """Why a replica began a new incarnation."""

    FORK = "fork"
    """The server had heard another history: this replica was restored from a copy, or copied."""
    KEY_LOST = "key_lost"
    """The key of the device is gone; the tablet was enrolled as a new device."""
    TAKEN = "taken"
    """Another device has the incarnation, as the copy of a tablet before its enrolment."""
    RESTORED = "restored"
    """The server was put back, and may lack what it had acknowledged under earlier incarnations."""


class ReplicaState(msgspec.Struct, frozen=True, kw_only=True):
    """How far push and pull have got. See ``schema.sql`` for what each number means."""

    incarnation: Incarnation
    head_dseq: Counter
    head_chain: Sha256Hex
    acked_dseq: Counter
    acked_chain: Sha256Hex
    settled_dseq: Counter
    epoch: Epoch | None = None
    cursor: Cursor | None = None
    staged_cursor: Cursor | None = None
    staged_snapshot: bool = False
    server_offset_ms: int | None = None
    last_synced_at: datetime | None = None
    flight_mode: bool = False
    began_after: Incarnation | None = None
    began_at: datetime | None = None
    began_why: Why | None = None
    acked_before: Counter = 0
    durable_dseq: Counter | None = None
    forgotten_dseq: Counter = 0
    forgotten_chain: Sha256Hex | None = None

    @property
    def position(self) -> Cursor | None:
        """Where the next page begins: within an unfinished pull, or after the last one."""
        return self.staged_cursor or self.cursor


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tablet this is, and its present token."""

    server_url: str
    device_id: DeviceId
    technician_id: TechnicianId
    technician_name: str
    token: str
    token_expires_at: datetime
    public_key: str | None = None
    """The key that the device was enrolled with."""


def initialise(db: Connection, incarnation: Incarnation) -> None:
    """Give a new replica its identity; one that has an identity keeps it."""
    run(
        db,
        "replica_create",
        incarnation=str(incarnation),
        chain=wire.first_chain(incarnation),
    )


def get_state(db: Connection) -> ReplicaState:
    """Read the replica's row."""
    row = dict(fetch_row(db, "replica_state"))
    for name in ("cursor", "staged_cursor"):
        if row[name] is not None:
            row[name] = wire.decode(row[name], Cursor)
    return msgspec.convert(row, ReplicaState, strict=False)


def find_enrolment(db: Connection) -> Enrolment | None:
    """Read whose tablet this is; None before it is enrolled."""
    row = find_row(db, "enrolment")
    return None if row is None else msgspec.convert(dict(row), Enrolment, strict=False)


def store_enrolment(
    db: Connection, server_url: str, response: EnrolResponse, public_key: str | None = None
) -> None:
    """Keep what the server said at enrolment, and with which key it was."""
    run(
        db,
        "enrolment_store",
        server_url=server_url,
        device_id=str(response.device_id),
        technician_id=str(response.technician_id),
        technician_name=response.technician_name,
        token=response.token,
        token_expires_at=response.token_expires_at.isoformat(),
        public_key=public_key,
    )


def note_key(db: Connection, public_key: str) -> None:
    """Keep the key of an enrolment of before keys were kept beside it."""
    run(db, "enrolment_note_key", public_key=public_key)


def renew_token(db: Connection, token: Token) -> None:
    """Keep the next token."""
    run(
        db,
        "enrolment_renew",
        token=token.token,
        token_expires_at=token.expires_at.isoformat(),
    )


def set_flight_mode(db: Connection, is_on: int) -> None:
    """Remember, across restarts, that nothing is to be sent (1) or that it may (0)."""
    run(db, "replica_flight_mode", is_on=is_on)


def note_sync(db: Connection, at: datetime) -> None:
    """Remember when everything had been sent and received."""
    run(db, "replica_synced", at=at.isoformat())


def server_time(db: Connection, wall: datetime) -> datetime:
    """Tell what the server's clock shows, as last measured.

    Ages are counted by it: a clock of this tablet that was set right by a year would age everything
    at once.
    """
    return wall + timedelta(milliseconds=get_state(db).server_offset_ms or 0)


def measure_offset(db: Connection, server_time: datetime, received: Moment) -> None:
    """Remember how far the server's clock is from ours, wrong by half a round trip at most."""
    offset_ms = (server_time - received.wall) // timedelta(milliseconds=1)
    run(db, "replica_measure", offset_ms=offset_ms)
