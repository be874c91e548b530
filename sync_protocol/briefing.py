"""What a technician is told that is of no single job: supported ONTs, and what is in the van.

Compatibility: as of documents. Which visit codes there are, what they cause and what a visit of
each kind needs is the same on both sides by the program, and does not travel.
"""

import msgspec

from sync_protocol.documents import ShortText
from sync_protocol.ids import TechnicianId
from sync_protocol.serials import SerialText
from sync_protocol.units import Instant


class OntModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that the operator's network supports.

    ``serial_prefixes`` are the first characters that its serials have; none: any. The same goes for
    ``optic_classes``, the classes of ports on which it works.
    """

    model: ShortText
    vendor: ShortText
    serial_prefixes: tuple[ShortText, ...] = ()
    optic_classes: tuple[ShortText, ...] = ()
    note: ShortText = ""


class StockedOnt(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT in the technician's van; ``since`` None: not known."""

    serial: SerialText
    model: ShortText
    since: Instant | None = None


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """One technician's briefing, whole."""

    technician_id: TechnicianId
    supported_models: tuple[OntModel, ...] | None = None
    """None: the operator has not said which they are; a check against them says nothing."""
    van_stock: tuple[StockedOnt, ...] = ()
    """In the order of their serials."""
