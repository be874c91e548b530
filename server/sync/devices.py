"""Tablets: enrolment by a one-time code, short-lived tokens for a signature, revocation."""

import base64
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server import audit
from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.database.prepared import Prepared
from server.database.rows import to_record, to_records, to_row
from server.database.tables.people import device_tokens, devices, enrolment_codes
from server.database.tables.people import incarnations as incarnation_table
from server.database.units import FeedKind
from server.people import secrets, technicians
from server.problems import Conflicting, Forbidden, NotFound, WrongInput
from server.sync import challenges, incarnations
from server.sync.records import Device
from server.sync.refusals import SyncRefused
from sync_protocol import evidence
from sync_protocol.ids import DeviceId, TechnicianId
from sync_protocol.messages import (
    Challenge,
    EnrolRequest,
    EnrolResponse,
    Refusal,
    Token,
    TokenRequest,
)
from sync_protocol.quoting import quoted

CODE_LIFE: Final = timedelta(minutes=15)
_BY_TOKEN: Final = Prepared(
    sa.select(devices)
    .join(device_tokens, device_tokens.c.device_id == devices.c.id)
    .where(
        device_tokens.c.secret_hash == sa.bindparam("secret_hash"),
        device_tokens.c.expires_at > sa.bindparam("now"),
    )
)

_BY_ID: Final = sa.select(devices).where(devices.c.id == sa.bindparam("id"))
_USABLE: Final = Prepared(_BY_ID)
_USABLE_LOCKED: Final = Prepared(_BY_ID.with_for_update(key_share=True))
_DELETE_ENDED: Final = Prepared(
    sa.delete(device_tokens).where(
        device_tokens.c.device_id == sa.bindparam("device"),
        device_tokens.c.expires_at <= sa.bindparam("now"),
    )
)
_ADD_TOKEN: Final = Prepared(sa.insert(device_tokens))


class EnrolmentCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code to give to a technician; it works once and soon ends."""

    code: str
    technician_id: UUID
    expires_at: datetime


def issue_code(
    db: Connection, technician_id: UUID, code: str, *, act: Act
) -> Written[EnrolmentCode]:
    """Make a code valid for one enrolment.

    Raises:
        NotFound: no such technician.
    """
    technicians.get(db, technician_id)
    expires_at = act.now + CODE_LIFE
    db.execute(
        sa.insert(enrolment_codes).values(
            code_hash=secrets.hash_secret(_canonical_code(code)),
            technician_id=technician_id,
            created_at=act.now,
            expires_at=expires_at,
        )
    )
    audit.record(db, act, "enrolment_code.issued", detail={"technician_id": str(technician_id)})
    return Written(EnrolmentCode(code=code, technician_id=technician_id, expires_at=expires_at))


def enrol(
    db: Connection, request: EnrolRequest, *, token: str, token_life: timedelta, act: Act
) -> Written[EnrolResponse]:
    """Turn a code into a device; the same request again, its answer lost, is answered again.

    Raises:
        WrongInput: the public key is not 32 bytes of base64, or a NUL is in the name.
        Forbidden: the code is unknown, used or expired, which of them is not told; or another
            technician's than the tablet's work, and can still be used.
        Conflicting: another device has this incarnation; the code can still be used.
    """
    _public_key(request.public_key)
    if "\0" in request.device_name:  # PostgreSQL stores none; both must answer alike
        raise WrongInput(f"device_name {quoted(request.device_name)} holds a NUL character")
    code_hash = secrets.hash_secret(_canonical_code(request.code))
    device = _enrolled_before(db, request, code_hash, act) or _new_device(
        db, request, code_hash, act
    )
    expires_at = _store_token(db, device.id, token, act.now + token_life)
    return Written(
        EnrolResponse(
            device_id=DeviceId(device.id),
            technician_id=TechnicianId(device.technician_id),
            technician_name=technicians.get(db, device.technician_id).name,
            token=token,
            token_expires_at=expires_at,
            server_time=act.now,
        ),
        feed=(_briefing(device.technician_id),),
    )


def _briefing(technician_id: UUID) -> FeedChange:
    """Let a briefing enter the scope: there is somebody to read it."""
    return FeedChange(
        scope=technician_id, entity="briefing", entity_id=technician_id, kind=FeedKind.ENTER
    )


def _enrolled_before(
    db: Connection, request: EnrolRequest, code_hash: str, act: Act
) -> Device | None:
    """Find the device that this very request has made, while its code would still live."""
    row = db.execute(
        sa.select(devices)
        .join(enrolment_codes, enrolment_codes.c.technician_id == devices.c.technician_id)
        .join(incarnation_table, incarnation_table.c.device_id == devices.c.id)
        .where(
            enrolment_codes.c.code_hash == code_hash,
            enrolment_codes.c.used_at.is_not(None),
            enrolment_codes.c.expires_at > act.now,
            incarnation_table.c.incarnation == request.incarnation,
            devices.c.public_key == request.public_key,
            devices.c.revoked_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else to_record(row, Device)


def _new_device(db: Connection, request: EnrolRequest, code_hash: str, act: Act) -> Device:
    technician_id = db.execute(
        sa.update(enrolment_codes)
        .where(
            enrolment_codes.c.code_hash == code_hash,
            enrolment_codes.c.used_at.is_(None),
            enrolment_codes.c.expires_at > act.now,
        )
        .values(used_at=act.now)
        .returning(enrolment_codes.c.technician_id)
    ).scalar_one_or_none()
    if technician_id is None:
        raise Forbidden("this code does not work; ask the office for a new one")
    _require_fit(db, request, technician_id)
    device = Device(
        id=act.new_id(),
        technician_id=technician_id,
        name=request.device_name,
        public_key=request.public_key,
        enrolled_at=act.now,
        revoked_at=None,
    )
    db.execute(sa.insert(devices).values(**to_row(device)))
    incarnations.insert(db, device.id, request.incarnation, after=None, act=act)
    audit.record(db, act, "device.enrolled", detail={"device_id": str(device.id)})
    return device


def _require_fit(db: Connection, request: EnrolRequest, technician_id: UUID) -> None:
    """Check what only the holder of a code that works may learn.

    The code is not used up by a refusal, for nothing of a unit that raises is kept.
    """
    if request.technician_id not in {None, technician_id}:
        # Else what waits on the tablet would be sent as the work of somebody else.
        raise Forbidden(
            "this code is another technician's than the work on this tablet; ask the office for a "
            "code of the technician whose work it is. The code was not used up"
        )
    if incarnations.find(db, request.incarnation) is not None:
        taken = f"incarnation {request.incarnation} is another device's; begin a new one"
        raise Conflicting(taken)


def find_by_token(db: Connection, token: str, now: datetime) -> Device | None:
    """Find the device that holds this token; None for an unknown or expired one."""
    return _BY_TOKEN.record(db, {"secret_hash": secrets.hash_secret(token), "now": now}, Device)


def issue_challenge(db: Connection, device_id: UUID, fresh: str, *, act: Act) -> Written[Challenge]:
    """Give a device something to sign: the fresh text, or a challenge that waits already.

    Raises:
        SyncRefused: unknown or revoked device.
    """
    device = usable(db, device_id, lock=True)
    return Written(Challenge(challenge=challenges.give(db, device.id, fresh, act.now)))


def renew_token(
    db: Connection, request: TokenRequest, *, token: str, token_life: timedelta, act: Act
) -> Written[Token]:
    """Give a token for a signed challenge; each challenge works once.

    Raises:
        SyncRefused: unknown or revoked device, or a signature that is not this device's.
    """
    device = usable(db, request.device_id)
    signed = evidence.challenge_bytes(request.device_id, request.challenge)
    # Taken last: a wrong signature must not use up what the device itself is about to sign.
    if not (
        verifies(device.public_key, request.signature, signed)
        and challenges.take(db, device.id, request.challenge, act.now)
    ):
        raise SyncRefused(
            Refusal.UNKNOWN_DEVICE,
            f"the challenge was not answered by device {device.id}; sign a new one with its key",
        )
    _DELETE_ENDED.run(db, {"device": device.id, "now": act.now})
    return Written(
        Token(token=token, expires_at=_store_token(db, device.id, token, act.now + token_life))
    )


def revoke(db: Connection, device_id: UUID, *, act: Act) -> Written[None]:
    """Shut a device out at once; its own unsent work is asked for at its next contact.

    Raises:
        NotFound: no such device.
    """
    revoked = db.execute(
        sa.update(devices)
        .where(devices.c.id == device_id)
        .values(revoked_at=sa.func.coalesce(devices.c.revoked_at, act.now))
    )
    if revoked.rowcount != 1:
        raise NotFound("device", device_id)
    # Its tokens stay: every door asks the device's own row, and can tell it that it was revoked.
    audit.record(db, act, "device.revoked", detail={"device_id": str(device_id)})
    return Written(None)


def list_all(db: Connection, *, limit: int = 500) -> tuple[Device, ...]:
    """List tablets, newest first."""
    rows = db.execute(sa.select(devices).order_by(devices.c.enrolled_at.desc()).limit(limit))
    return to_records(rows, Device)


def get_public_key(db: Connection, device_id: UUID) -> str:
    """Get the key that a device's evidence is verified with."""
    return db.execute(sa.select(devices.c.public_key).where(devices.c.id == device_id)).scalar_one()


def verifies(public_key: str, signature: str, message: bytes) -> bool:
    """Say whether a base64 signature is this key's signature of a message."""
    try:
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(_public_key(public_key)).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _public_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error, or a text that is not ASCII
        raise WrongInput(f"public_key {text!r} is not base64") from error
    if len(raw) != 32:  # noqa: PLR2004  the length of an Ed25519 public key
        raise WrongInput(f"public_key has {len(raw)} bytes; an Ed25519 key has 32")
    return raw


def usable(db: Connection, device_id: UUID, *, lock: bool = False) -> Device:
    """Get a device that may speak; ``lock`` keeps its other requests waiting.

    Raises:
        SyncRefused: unknown or revoked device.
    """
    device = get(db, device_id, lock=lock)
    if device.revoked_at is not None:
        raise SyncRefused(Refusal.DEVICE_REVOKED, f"device {device_id} was revoked; ask the office")
    return device


def get(db: Connection, device_id: UUID, *, lock: bool = False) -> Device:
    """Get a device, revoked or not.

    Raises:
        SyncRefused: unknown device.
    """
    statement = _USABLE_LOCKED if lock else _USABLE
    device = statement.record(db, {"id": device_id}, Device)
    if device is None:
        raise SyncRefused(Refusal.UNKNOWN_DEVICE, f"no device {device_id}; enrol it")
    return device


def _store_token(db: Connection, device_id: UUID, token: str, expires_at: datetime) -> datetime:
    values = {
        "secret_hash": secrets.hash_secret(token),
        "device_id": device_id,
        "expires_at": expires_at,
    }
    _ADD_TOKEN.run(db, values)
    return expires_at


def _canonical_code(code: str) -> str:
    return code.replace("-", "").replace(" ", "").upper()
