"""Registering one more incarnation of a device that is enrolled already."""

from uuid import UUID

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.sync import devices, incarnations
from server.sync.refusals import SyncRefused
from sync_protocol.ids import Incarnation
from sync_protocol.messages import BeginIncarnation, IncarnationBegun, Refusal


def register(
    db: Connection, device_id: UUID, request: BeginIncarnation, *, act: Act
) -> Written[IncarnationBegun]:
    """Let a device speak in one more incarnation; the same request again is answered again.

    Raises:
        SyncRefused: unknown or revoked device, or an incarnation that cannot be had.
    """
    device = devices.usable(db, device_id, lock=True)
    head = incarnations.find(db, request.incarnation)
    if head is None:
        head = incarnations.insert(db, device.id, request.incarnation, after=request.after, act=act)
        before = None if request.after is None else str(request.after)
        audit.record(
            db,
            act,
            "incarnation.begun",
            detail={
                "device_id": str(device.id),
                "incarnation": str(head.incarnation),
                "after": before,
            },
        )
    if head.device_id != device.id:
        # Not a word about whose it is, or how far it has come.
        raise SyncRefused(
            Refusal.FORK, f"incarnation {request.incarnation} cannot be had; begin another"
        )
    return Written(
        IncarnationBegun(
            incarnation=Incarnation(head.incarnation), acked_dseq=head.head_dseq, chain=head.chain
        )
    )
