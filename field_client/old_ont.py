"""The ONT that ran at the premise before the visit: which one it is, and what became of it.

What a technician is asked, by the kind of the job:

- A *swap* puts up a new ONT and takes the old one down. The serial of the visit is the new one's;
  of the old one is told what became of it: taken back, taken back defective, or not found, and why.
- A *repair* is asked the same, if the ONT was changed (``D07``). Whoever scans a new ONT in a
  repair has changed it; until then nothing is asked, though it can be told.
- A *disconnection* has no new ONT: the serial of the visit is that of the one taken back. So "taken
  back" says both at once, in one touch where it is the one that runs by the office's data; another
  one is scanned or typed first. Not found, no serial is needed, and the job ends with ``D11``.

None of it keeps anybody from finishing but the serial itself. At an *install* and a *move* no ONT
runs at the premise.
"""

from typing import Final

import msgspec

from field_client.entries import record_capture, writable
from field_client.findings import OntEntry, OntReceipt, record_ont_moved
from field_client.replica.captures import CaptureView
from field_client.replica.outbox import Pen
from field_client.replica.views import JobView
from field_client.storage import Connection
from sync_protocol.ids import JobId
from sync_protocol.operations import OntMove, OntMoved, SerialScan
from sync_protocol.serials import OntSerial
from sync_protocol.visits import KINDS, changes_ont

TAKEN_DOWN: Final = (OntMove.RECOVERED, OntMove.DEFECTIVE, OntMove.NOT_FOUND)
"""What can have become of an old ONT, the usual first."""
CONFIRMED: Final = "confirmed"
"""How a serial was read that the technician took for right as the office has it."""


class OldOnt(msgspec.Struct, frozen=True, kw_only=True):
    """The old ONT of a visit; without a serial nobody has said yet which one it is."""

    serial: str | None
    told: CaptureView | None
    """The last that was told of this very ONT."""
    is_asked: bool
    """Whether it should be told, as things stand."""

    @property
    def is_open(self) -> bool:
        """Whether it should be told and was not."""
        return self.is_asked and self.told is None


def find_old_ont(view: JobView, entered: str | None = None) -> OldOnt:
    """Find out which ONT it is, and what was told of it.

    ``entered`` is the serial that a technician says it has, of which nothing was told yet.
    """
    kind = KINDS[view.card.kind]
    scanned, running = _scanned(view), view.document.current_serial
    moved = [item for item in view.latest.onts if _is_taken_down(item)]
    if kind.puts_up:
        moved = [item for item in moved if _serial_of(item) != scanned]
        serial = entered or (_serial_of(moved[-1]) if moved else running)
    else:
        serial = scanned or running
    told = [item for item in moved if _serial_of(item) == serial]
    return OldOnt(
        serial=serial,
        told=told[-1] if told else None,
        is_asked=kind.takes_down and changes_ont(view.card.kind, view.code),
    )


def record_old_ont(db: Connection, pen: Pen, job_id: JobId, entry: OntEntry) -> OntReceipt:
    """Record what became of the old ONT; of a disconnection its serial with it.

    Raises:
        JobUnknown, JobReadOnly, NotAnOntSerial: as ``record_ont_moved``.
    """
    view = writable(db, job_id)
    receipt = record_ont_moved(db, pen, job_id, entry)
    is_serial_of_visit = not KINDS[view.card.kind].puts_up and entry.move is not OntMove.NOT_FOUND
    if is_serial_of_visit and _scanned(view) != receipt.serial:
        body = SerialScan(serial=receipt.serial, raw_text=entry.serial, method=CONFIRMED)
        record_capture(db, pen, job_id, body)
    return receipt


def _scanned(view: JobView) -> OntSerial | None:
    body = None if view.latest.serial is None else view.latest.serial.capture.body
    return OntSerial(body.serial) if isinstance(body, SerialScan) else None


def _is_taken_down(item: CaptureView) -> bool:
    return isinstance(item.capture.body, OntMoved) and item.capture.body.move in TAKEN_DOWN


def _serial_of(item: CaptureView) -> str | None:
    return item.capture.body.serial if isinstance(item.capture.body, OntMoved) else None
