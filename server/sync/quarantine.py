"""Quarantine: what a withdrawn tablet had not sent is kept apart, until the office releases it.

A withdrawn device gets no token. It signs the body that it hands over with its own key, which we
know; so a thief who does not have the key hands nothing over, and one who has it can fill no more
than ``BUNDLES_MAX`` bundles, which nothing reads before a person has looked at them.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server import audit
from server.acts import Act, Actor, ActorKind
from server.database import Connection, Written
from server.database.rows import to_record, to_records, to_row
from server.database.tables.people import device_tokens
from server.database.tables.sync import quarantined
from server.people import secrets
from server.problems import Conflicting, NotFound
from server.sync import commands, devices, incarnations
from server.sync.records import Device, Quarantined
from server.sync.refusals import SyncRefused
from sync_protocol import evidence, wire
from sync_protocol.ids import DeviceId
from sync_protocol.messages import HandOver, HandOverTaken, OperationVerdict, Refusal, SyncRequest

OPEN_FOR: Final = timedelta(days=30)
"""How long after its revocation a device may hand over."""
BUNDLES_MAX: Final = 20
"""Of a device; each is as large as a push may be, 1 MB as sent."""
TOKEN_LIFE: Final = timedelta(hours=24)
_TOKEN_OF: Final = "quarantine:"  # noqa: S105  no secret: it tells these tokens from all others


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A body as it came, and the signature over it."""

    body: bytes
    signature: str


def take(
    db: Connection, device_id: UUID, signed: Signed, *, token: str, act: Act
) -> Written[HandOverTaken]:
    """Keep a hand-over; the same again, its answer lost, is answered again.

    Raises:
        SyncRefused: not this device's signature, not a withdrawn device, too late, too much, or no
            hand-over.
    """
    device = devices.get(db, device_id, lock=True)
    # Before anything is unpacked: a stranger makes us do no more than this.
    message = evidence.hand_over_bytes(DeviceId(device.id), signed.body)
    if not devices.verifies(device.public_key, signed.signature, message):
        raise SyncRefused(Refusal.UNKNOWN_DEVICE, f"the body is not signed by device {device.id}")
    _require_open(device, act)
    digest = hashlib.sha256(signed.body).hexdigest()
    kept = _find(db, quarantined.c.digest == digest) or _keep(db, device, digest, signed, act)
    expires_at = act.now + TOKEN_LIFE
    db.execute(
        sa.insert(device_tokens).values(
            secret_hash=_hash_of(token), device_id=device.id, expires_at=expires_at
        )
    )
    return Written(
        HandOverTaken(
            digest=kept.digest,
            operations=kept.operations,
            token=token,
            token_expires_at=expires_at,
            server_time=act.now,
        )
    )


def may_bring(db: Connection, token: str, sha256: str, now: datetime) -> bool:
    """Say whether this is the token of a hand-over, and the file is one that it named."""
    rows = db.execute(
        sa.select(quarantined.c.blobs)
        .join(device_tokens, device_tokens.c.device_id == quarantined.c.device_id)
        .where(
            device_tokens.c.secret_hash == _hash_of(token),
            device_tokens.c.expires_at > now,
        )
    )
    return any(sha256 in blobs for blobs in rows.scalars())


def list_all(db: Connection, *, limit: int = 500) -> tuple[Quarantined, ...]:
    """List what was handed over, newest first."""
    rows = db.execute(
        sa.select(quarantined).order_by(quarantined.c.received_at.desc()).limit(limit)
    )
    return to_records(rows, Quarantined)


def get(db: Connection, quarantined_id: UUID) -> Quarantined:
    """Get one hand-over.

    Raises:
        NotFound: there is none of this id.
    """
    found = _find(db, quarantined.c.id == quarantined_id)
    if found is None:
        raise NotFound("hand-over", quarantined_id)
    return found


def read(kept: Quarantined) -> HandOver:
    """Read what a hand-over says; it was read once before it was kept."""
    return wire.decode(wire.decompress(kept.body), HandOver)


def release(db: Connection, quarantined_id: UUID, *, act: Act) -> Written[Mapping[str, int]]:
    """Let the work of a hand-over in, as work that came late; how many got which verdict.

    The rules of every push decide what takes effect; what they withhold comes back as issues. It
    counts as received when it was handed over, else the age of each fact would be wrong.

    Raises:
        NotFound, Conflicting: there is none, it was released before, or an earlier one of the same
            device has to be released first; nothing was changed.
    """
    device = devices.get(db, get(db, quarantined_id).device_id, lock=True)
    kept = get(db, quarantined_id)
    if kept.released_at is not None:
        raise Conflicting(f"hand-over {kept.id} was released on {kept.released_at:%Y-%m-%d %H:%M}")
    push = read(kept).push
    spoken = Act(actor=Actor(ActorKind.DEVICE, device.id), now=kept.received_at, new_id=act.new_id)
    _register(db, device, push, spoken)
    try:
        written = commands.take(db, device, push, act=spoken)
    except SyncRefused as error:
        raise Conflicting(f"hand-over {kept.id} does not fit: {error}") from error
    db.execute(
        sa.update(quarantined).where(quarantined.c.id == kept.id).values(released_at=act.now)
    )
    counted = Counter(
        wire.decode(bytes(raw), OperationVerdict).verdict.value for raw in written.value.verdicts
    )
    _audit(db, act, "quarantine.released", kept)
    return Written(counted, feed=written.feed, topics=written.topics)


def _require_open(device: Device, act: Act) -> None:
    if device.revoked_at is None:
        raise SyncRefused(
            Refusal.BAD_REQUEST, f"device {device.id} was not revoked; push to /sync/v1"
        )
    if act.now - device.revoked_at > OPEN_FOR:
        raise SyncRefused(
            Refusal.DEVICE_REVOKED,
            f"device {device.id} was revoked more than {OPEN_FOR.days} days ago; bring the tablet "
            "to the office",
        )


def _keep(db: Connection, device: Device, digest: str, signed: Signed, act: Act) -> Quarantined:
    count = sa.select(sa.func.count()).where(quarantined.c.device_id == device.id)
    if db.execute(count).scalar_one() >= BUNDLES_MAX:
        raise SyncRefused(
            Refusal.TOO_LARGE, f"device {device.id} has handed over {BUNDLES_MAX} bundles already"
        )
    try:
        said = wire.decode(wire.decompress(signed.body), HandOver)
    except wire.TooLarge as error:
        raise SyncRefused(Refusal.TOO_LARGE, f"{error}; hand over fewer operations") from error
    except wire.Unreadable as error:
        raise SyncRefused(Refusal.BAD_REQUEST, str(error)) from error
    kept = Quarantined(
        id=act.new_id(),
        device_id=device.id,
        digest=digest,
        body=signed.body,
        signature=signed.signature,
        operations=len(said.push.operations),
        blobs=said.blobs,
        received_at=act.now,
        released_at=None,
    )
    db.execute(sa.insert(quarantined).values(**to_row(kept)))
    _audit(db, act, "quarantine.taken", kept)
    return kept


def _register(db: Connection, device: Device, push: SyncRequest, act: Act) -> None:
    """Let it speak in an incarnation that it had no time to register; nobody else's, though."""
    if incarnations.find(db, push.incarnation) is None:
        incarnations.insert(db, device.id, push.incarnation, after=None, act=act)


def _audit(db: Connection, act: Act, action: str, kept: Quarantined) -> None:
    detail = {
        "quarantined_id": str(kept.id),
        "device_id": str(kept.device_id),
        "operations": kept.operations,
        "blobs": len(kept.blobs),
    }
    audit.record(db, act, action, detail=detail)


def _find(db: Connection, where: sa.ColumnElement[bool]) -> Quarantined | None:
    row = db.execute(sa.select(quarantined).where(where)).one_or_none()
    return None if row is None else to_record(row, Quarantined)


def _hash_of(token: str) -> str:
    return secrets.hash_secret(_TOKEN_OF + token)
