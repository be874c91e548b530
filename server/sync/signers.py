"""Whose key signed a completion.

Nearly always the sender's. A tablet that lost its key is enrolled anew and sends what was signed
with the old one, issued again, or under its first number where the server was put back and knows
nothing of it; what it completed after the loss and before the enrolment is signed with the new
one. The device of the origin comes first, and whoever else of the technician's it was is found by
trying.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from server.database.tables.people import devices as device_table
from server.database.tables.people import incarnations
from server.sync import devices
from server.sync.identity import Identity, identity_of
from server.sync.records import Device
from sync_protocol import evidence
from sync_protocol.operations import CompleteJob, Operation


def find(
    db: sa.Connection, device: Device, incarnation: UUID, said: Sequence[Operation]
) -> Mapping[Identity, UUID]:
    """Find the devices of completions that the sender did not sign, by their identity."""
    strange = [
        (identity_of(incarnation, operation.dseq, operation.origin), operation.body)
        for operation in said
        if isinstance(operation.body, CompleteJob) and not _is_signed_by(device, operation.body)
    ]
    if not strange:
        return {}
    keys = _keys(db, device.technician_id)
    owners = _owners(db, device.technician_id)
    return {
        origin: _signer(keys, (owners.get(origin[0], device.id), device.id), body)
        for origin, body in strange
    }


def _is_signed_by(device: Device, body: CompleteJob) -> bool:
    message = evidence.bytes_to_sign(body.manifest)
    return body.signature is not None and devices.verifies(
        device.public_key, body.signature, message
    )


def _signer(keys: Mapping[UUID, str], likely: tuple[UUID, ...], body: CompleteJob) -> UUID:
    """Find whose signature it is; nobody's: then it stays with the device of the origin."""
    signature = body.signature
    if signature is None:
        return likely[0]
    message = evidence.bytes_to_sign(body.manifest)
    tried = dict.fromkeys((*likely, *keys))
    signed = (key for key in tried if devices.verifies(keys[key], signature, message))
    return next(signed, likely[0])


def _keys(db: sa.Connection, technician_id: UUID) -> Mapping[UUID, str]:
    rows = db.execute(
        sa.select(device_table.c.id, device_table.c.public_key)
        .where(device_table.c.technician_id == technician_id)
        .order_by(device_table.c.enrolled_at, device_table.c.id)
    )
    return {row.id: row.public_key for row in rows}


def _owners(db: sa.Connection, technician_id: UUID) -> Mapping[UUID, UUID]:
    rows = db.execute(
        sa.select(incarnations.c.incarnation, incarnations.c.device_id)
        .join(device_table, device_table.c.id == incarnations.c.device_id)
        .where(device_table.c.technician_id == technician_id)
    )
    return {row.incarnation: row.device_id for row in rows}
