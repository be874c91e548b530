"""Which vendors can be simulated, and what each brings.

The OLT behind (``model``) is the same for all: fiber, light, registrations and flows. A dialect
says under which names these are read, and what a SET may do to them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from activation.simulator.cells import Refused, Written
from activation.simulator.huawei.dialect import HuaweiDialect
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import Event, Vendor
from activation.simulator.tables import Column
from activation.simulator.vsol.dialect import VsolDialect
from activation.simulator.zte.dialect import ZteDialect


class Accepted(Protocol):
    """A SET that may take effect; nothing has changed before it is committed."""

    def commit(self, now: datetime) -> list[Event]:
        """Let all of it take effect at this instant, and tell what happened."""
        ...


class Dialect(Protocol):
    """The tables of one vendor around one OLT; what a mailbox holds between SETs is kept here."""

    def columns(self) -> list[Column]:
        """List every column and scalar that the OLT serves."""
        ...

    def judge(self, variables: Sequence[tuple[Oid, Written]]) -> Accepted | Refused:
        """Judge one SET; nothing is touched until it is committed."""
        ...


_DIALECTS: Final[Mapping[Vendor, Callable[[Olt], Dialect]]] = {
    Vendor.HUAWEI: HuaweiDialect,
    Vendor.VSOL: VsolDialect,
    Vendor.ZTE: ZteDialect,
}


def dialect_of(olt: Olt) -> Dialect:
    """Give the tables of an OLT in the manner of its vendor."""
    return _DIALECTS[olt.scenario.vendor](olt)
