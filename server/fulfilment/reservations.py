"""Ids on an OLT, kept in the database before anything is written to the device."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.database.tables.fulfilment import ont_allocations
from server.fulfilment import storage
from server.fulfilment.choice import Choice
from server.fulfilment.records import InboxItem, Process
from server.fulfilment.situation import Reserved
from server.plant.routes import Route
from sync_protocol.serials import OntSerial


class IdsTaken(RuntimeError):
    """Another service has these ids by now; survey again and choose others."""


def reserve(
    db: Connection,
    process: Process,
    route: Route,
    *,
    reserved: Reserved,
    choice: Choice,
    act: Act,
) -> Written[None]:
    """Keep ids for a service and note which evidence goes live.

    Raises:
        LeaseLost: the process was leased again; nothing was kept.
        IdsTaken: another service was faster.
    """
    storage.require_lease(db, process.id, token=process.fencing_token)
    release_now(db, process)
    allocation = reserved.allocation
    port = allocation.ref.port
    try:
        db.execute(
            sa.insert(ont_allocations).values(
                service_id=process.service_id,
                olt_id=route.olt_id,
                pon_port_id=route.pon_port_id,
                serial=reserved.serial,
                frame=port.frame,
                slot=port.slot,
                port=port.port,
                ont_id=allocation.ref.ont_id,
                service_port=allocation.service_port,
                adopted=reserved.adopted,
                given=msgspec.to_builtins(reserved.given),
            )
        )
    except IntegrityError as error:
        raise IdsTaken(f"{allocation.ref} or service port {allocation.service_port}") from error
    for other in choice.others:
        storage.add_inbox_item(
            db,
            InboxItem(
                id=act.new_id(),
                kind="other_ont",
                job_id=process.visited_job_id,
                completion_id=other.completion_id,
                code="SERIALS_DIFFER",
                detail={
                    "goes_live": choice.chosen.serial,
                    "other": other.serial,
                    "decided_by": "network" if choice.by_network else "first received",
                },
                raised_at=act.now,
                decided_at=None,
            ),
        )
    audit.record(
        db,
        act,
        "evidence.chosen",
        job_id=process.job_id,
        process_id=process.id,
        detail={
            "completion_id": str(choice.chosen.completion_id),
            "serial": choice.chosen.serial,
            "decided_by": "network" if choice.by_network else "first received",
        },
    )
    return Written(None, topics=process.topics)


def release(db: Connection, process: Process, own: Reserved, *, act: Act) -> Written[None]:
    """Give up the ids of a service, once nothing that we made has them on the device.

    Raises:
        LeaseLost: the process was leased again; nothing was given up.
    """
    storage.require_lease(db, process.id, token=process.fencing_token)
    release_now(db, process)
    audit.record(
        db,
        act,
        "ids.released",
        job_id=process.job_id,
        process_id=process.id,
        detail={
            "olt": own.olt.name,
            "place": str(own.allocation.ref),
            "serial": own.serial,
            "adopted": own.adopted,
        },
    )
    return Written(None)


def exchange(db: Connection, process: Process, serial: OntSerial, *, act: Act) -> Written[None]:
    """Note which ONT stands at the ids of a service now.

    Raises:
        LeaseLost: the process was leased again; nothing was noted.
    """
    storage.require_lease(db, process.id, token=process.fencing_token)
    db.execute(
        sa.update(ont_allocations)
        .where(ont_allocations.c.service_id == process.service_id)
        .values(serial=serial)
    )
    audit.record(
        db,
        act,
        "ont.exchanged",
        job_id=process.job_id,
        process_id=process.id,
        detail={"serial": serial},
    )
    return Written(None, topics=process.topics)


def note_given(db: sa.Connection, process: Process) -> None:
    """Keep what the OLT was given by a process that is settled, within its unit."""
    given = process.progress.given
    if given is not None:
        db.execute(
            sa.update(ont_allocations)
            .where(ont_allocations.c.service_id == process.service_id)
            .values(given=msgspec.to_builtins(given))
        )


def release_now(db: sa.Connection, process: Process) -> None:
    """Drop the reservation of a service within a unit that holds its lease."""
    db.execute(sa.delete(ont_allocations).where(ont_allocations.c.service_id == process.service_id))
