"""A withdrawn tablet as its replica knows it: since when, and what of its work was handed over.

From the first time that it is told nothing can be entered, so what is bundled then is all there is.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from field_client.replica.outbox import PUSH_BYTES_MAX, PendingOperation, find_chain, fit_push
from field_client.replica.state import get_state
from field_client.safety.window import Contact, Standing, judge, look, met
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row, run
from sync_protocol import wire
from sync_protocol.messages import (
    BLOBS_PER_HAND_OVER_MAX,
    OPERATIONS_PER_PUSH_MAX,
    PROTOCOL_VERSION,
    HandOver,
    SyncRequest,
)
from sync_protocol.operations import Moment
from sync_protocol.units import Counter, Sha256Hex

_ALL: Final = 2**31


class TabletRevoked(RuntimeError):
    """The office has withdrawn this tablet; nothing was recorded. Ask the office."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what is handed over, as it is sent."""

    position: int
    body: bytes
    operations: int
    taken_at: datetime | None


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """How far handing over has come."""

    operations: int
    operations_taken: int
    photos_left: int
    photos_taken: int
    is_overdue: bool
    """It could not all be handed over in the time that there is for it, and that time has passed
    for certain: no clock that somebody set erases what nobody has."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left here that the office has not."""
        return self.operations == self.operations_taken and not self.photos_left

    @property
    def detail(self) -> str:
        """Tell the technician."""
        return (
            "the office has withdrawn this tablet, so nothing more can be entered; "
            f"{self.operations - self.operations_taken} operations and {self.photos_left} photos "
            "are still to be handed over to it, then this tablet erases itself"
        )


def refuse_if_revoked(db: Connection) -> None:
    """Let nothing be entered on a withdrawn tablet.

    Raises:
        TabletRevoked: it is one.
    """
    if find_row(db, "revocation") is not None:
        raise TabletRevoked(
            "the office has withdrawn this tablet, so this was not saved; what was entered before "
            "is handed over to the office by itself"
        )


def note_revoked(db: Connection, now: Moment, app_version: str) -> tuple[Bundle, ...]:
    """Remember since when, and bundle what was not sent; what is bundled already stays so."""
    told = _find_told(db)
    _store_told(db, met(now.wall, now) if told is None else look(told, now))
    if find_row(db, "hand_over_any") is None:
        for position, said in enumerate(_bundles(db, now, app_version)):
            run(
                db,
                "hand_over_add",
                position=position,
                body=wire.compress(wire.encode(said)),
                operations=len(said.push.operations),
            )
    rows = fetch_all(db, "hand_overs")
    return tuple(msgspec.convert(dict(row), Bundle, strict=False) for row in rows)


def note_taken(db: Connection, position: int, at: datetime) -> None:
    """The server has this bundle."""
    run(db, "hand_over_taken", position=position, at=at.isoformat())


def bundle_anew(db: Connection) -> None:
    """Bundle again what certainly did not arrive: a bundle's clock is to be that of its sending.

    Once one was taken they stay as they are, for the next ones continue it.
    """
    if not any(row["taken_at"] for row in fetch_all(db, "hand_overs")):
        run(db, "hand_over_clear")


def forget_revocation(db: Connection) -> None:
    """The server speaks with this device again: it was put back to before, or was mistaken."""
    run(db, "hand_over_clear")
    run(db, "revocation_clear")


def find_revocation(db: Connection, now: Moment, limit: timedelta) -> Revocation | None:
    """Say how far handing over has come; None: the tablet is not withdrawn."""
    told = _find_told(db)
    if told is None:
        return None
    state = get_state(db)
    taken = [row for row in fetch_all(db, "hand_overs") if row["taken_at"] is not None]
    named = {sha256 for row in taken for sha256 in _read(row["body"]).blobs}
    left = set(_pending_blobs(db))
    waited = judge(told, now, limit)
    return Revocation(
        # Counted where they were recorded: bundles come and go until one is taken.
        operations=state.head_dseq - state.acked_dseq,
        operations_taken=sum(row["operations"] for row in taken),
        photos_left=len(left),
        photos_taken=len(named - left),
        is_overdue=waited.standing is Standing.READ_ONLY and not waited.is_guess,
    )


def _bundles(db: Connection, now: Moment, app_version: str) -> list[HandOver]:
    """Make the pushes that would have been made, in their order; the last ones name the files."""
    state = get_state(db)
    after = state.acked_dseq
    blobs = _pending_blobs(db)
    bundles: list[HandOver] = []
    while pending := _pending(db, after):
        chosen = fit_push(pending, count_max=OPERATIONS_PER_PUSH_MAX, bytes_max=PUSH_BYTES_MAX)
        bundles.append(HandOver(push=_push(db, after, chosen, now, app_version)))
        after = chosen[-1].dseq
    for first in range(0, len(blobs), BLOBS_PER_HAND_OVER_MAX):
        if first or not bundles:
            bundles.append(HandOver(push=_push(db, after, (), now, app_version)))
        named = blobs[first : first + BLOBS_PER_HAND_OVER_MAX]
        bundles[-1] = msgspec.structs.replace(bundles[-1], blobs=named)
    return bundles


def _push(
    db: Connection,
    after: Counter,
    chosen: tuple[PendingOperation, ...],
    now: Moment,
    app_version: str,
) -> SyncRequest:
    state = get_state(db)
    return SyncRequest(
        protocol=PROTOCOL_VERSION,
        app_version=app_version,
        incarnation=state.incarnation,
        chain_before=find_chain(db, after) or state.acked_chain,
        clock=msgspec.structs.replace(now, server_offset_ms=state.server_offset_ms),
        operations=tuple(msgspec.Raw(operation.raw) for operation in chosen),
    )


def _pending(db: Connection, after: Counter) -> list[PendingOperation]:
    count_max = OPERATIONS_PER_PUSH_MAX + 1
    rows = fetch_all(db, "operations_pending", acked_dseq=after, count_max=count_max)
    return [msgspec.convert(dict(row), PendingOperation) for row in rows]


def _pending_blobs(db: Connection) -> tuple[Sha256Hex, ...]:
    rows = fetch_all(db, "blobs_pending", count_max=_ALL)
    return tuple(dict.fromkeys(row["sha256"] for row in rows))


def _read(body: bytes) -> HandOver:
    return wire.decode(wire.decompress(body), HandOver)


def _find_told(db: Connection) -> Contact | None:
    row = find_row(db, "revocation")
    return None if row is None else wire.decode(row["told"], Contact)


def _store_told(db: Connection, told: Contact) -> None:
    run(db, "revocation_store", told=wire.encode(told))
