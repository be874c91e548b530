"""What the steps of a process about a running service need to know, read in one snapshot."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.fulfilment import situation, storage
from server.fulfilment.evidence_check import Proven
from server.fulfilment.flows import Flow, load_flow
from server.fulfilment.records import Intent, Process
from server.fulfilment.situation import Reserved
from server.orders import queries as orders
from server.services import storage as services
from server.services.records import Service
from sync_protocol.serials import OntSerial


class ServiceSituation(msgspec.Struct, frozen=True, kw_only=True):
    """One running service: where it is on the network, what it has and what it shall have."""

    service: Service
    own: Reserved | None
    present: Flow
    """What its product asks of the OLT that it is on."""
    wanted: Flow
    """What the ordered product asks; the same, but for a change of speed."""
    new_ont: Proven | None
    """A swap's evidence, the first received that stands."""
    holders: Mapping[OntSerial, UUID]
    ahead: Process | None
    """An older process of the service that is not done."""

    @property
    def before(self) -> OntSerial | None:
        """The ONT that the service has until the process is settled."""
        known = self.service.ont_serial
        if known is not None:
            return OntSerial(known)
        return None if self.own is None else self.own.serial


def load(db: sa.Connection, process: Process) -> ServiceSituation:
    """Load the situation of a process about a running service."""
    service = services.get(db, process.service_id)
    own = situation.load_reserved(db, service.id)
    olt_id = None if own is None else own.olt.id
    present = load_flow(db, service.product_id, olt_id)
    is_change = process.intent is Intent.CHANGE
    item = orders.get_item(db, process.order_item_id)
    new_ont = _new_ont(db, process) if process.intent is Intent.SWAP else None
    return ServiceSituation(
        service=service,
        own=own,
        present=present,
        wanted=load_flow(db, item.product_id, olt_id) if is_change else present,
        new_ont=new_ont,
        holders=situation.load_holders(db, service.id, [new_ont.serial] if new_ont else []),
        ahead=storage.find_ahead(db, service.id, of=process),
    )


def _new_ont(db: sa.Connection, process: Process) -> Proven | None:
    evidence = situation.load_evidence(db, process)
    return next((each for each in evidence if isinstance(each, Proven)), None)
