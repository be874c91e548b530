"""How a simulated ZTE OLT is read and written."""

from collections.abc import Sequence

from activation.simulator.cells import Refused, Written
from activation.simulator.draft import Draft
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.tables import Column
from activation.simulator.zte.columns import columns_of
from activation.simulator.zte.writes import judge


class ZteDialect:
    """One RowStatus table to write, and two trees to read, of which a firmware may lack parts."""

    def __init__(self, olt: Olt) -> None:
        self._olt = olt

    def columns(self) -> list[Column]:
        """List every column and scalar that the OLT serves."""
        return columns_of(self._olt)

    def judge(self, variables: Sequence[tuple[Oid, Written]]) -> Draft | Refused:
        """Judge one SET; the OLT is not touched until the draft is committed."""
        return judge(self._olt, variables)
