"""How a simulated V-SOL OLT is read and written."""

from collections.abc import Sequence

from activation.simulator.cells import Refused, Written
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.tables import Column
from activation.simulator.vsol.columns import columns_of
from activation.simulator.vsol.mailboxes import empty
from activation.simulator.vsol.views import Gems, ServicePorts
from activation.simulator.vsol.writes import Outcome, Store, judge


class VsolDialect:
    """Scalar mailboxes before tables that can only be read."""

    def __init__(self, olt: Olt) -> None:
        self._store = Store(olt=olt, gems=Gems(olt), services=ServicePorts(olt), kept=empty())

    def columns(self) -> list[Column]:
        """List every column and scalar that the OLT serves."""
        store = self._store
        return columns_of(store.olt, store.gems, store.services, store.kept)

    def judge(self, variables: Sequence[tuple[Oid, Written]]) -> Outcome | Refused:
        """Judge one SET; what it fills and what it does wait for the commit."""
        return judge(self._store, variables)
