"""Rendering briefings, in two statements however many they are."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.plant import ont_models, onts
from sync_protocol.briefing import Briefing, OntModel, StockedOnt
from sync_protocol.ids import TechnicianId

_MODELS: Final = Prepared(sa.select(ont_models).order_by(ont_models.c.model))
_STOCK: Final = Prepared(
    sa.select(onts.c.technician_id, onts.c.serial, onts.c.model, onts.c.held_since)
    .where(onts.c.technician_id.in_(sa.bindparam("technicians", expanding=True)))
    .order_by(onts.c.serial)
)


def documents(db: sa.Connection, technician_ids: Collection[UUID]) -> Mapping[UUID, Briefing]:
    """Render briefings as tablets hold them.

    All that they embed is of ``ont_models`` and ``onts``; the import that changes these tells of it
    (``server.imports.embedded``).
    """
    if not technician_ids:
        return {}
    known = _MODELS.rows(db, {})
    # One that is listed as not supported tells that the list is kept.
    models = tuple(_model(row) for row in known if row["supported"]) if known else None
    stock: dict[UUID, tuple[StockedOnt, ...]] = {}
    for row in _STOCK.rows(db, {"technicians": sorted(technician_ids)}):
        holder = row["technician_id"]
        stock[holder] = (*stock.get(holder, ()), _stocked(row))
    return {
        technician_id: Briefing(
            technician_id=TechnicianId(technician_id),
            supported_models=models,
            van_stock=stock.get(technician_id, ()),
        )
        for technician_id in technician_ids
    }


def _model(row: Mapping[str, Any]) -> OntModel:
    return OntModel(
        model=row["model"],
        vendor=row["vendor"],
        serial_prefixes=tuple(row["serial_prefixes"]),
        optic_classes=tuple(row["optic_classes"]),
        note=row["note"],
    )


def _stocked(row: Mapping[str, Any]) -> StockedOnt:
    return StockedOnt(serial=row["serial"], model=row["model"], since=row["held_since"])
