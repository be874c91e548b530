"""What the OLT notes by itself: ONTs that nobody registered, and attempts to come up."""

from collections import Counter, deque
from datetime import datetime
from typing import Final

from activation.simulator.oids import Oid
from activation.simulator.records import FoundOnt, LogRow, PluggedOnt, RegisterResult
from activation.simulator.rows import Rows
from sync_protocol.serials import OntSerial

LOG_ROWS_MAX: Final = 2_000


class Autofind:
    """The lit ONTs that nobody registered, numbered by port as they are found."""

    def __init__(self) -> None:
        self.rows: Rows[FoundOnt] = Rows()
        self._indexes: dict[str, Oid] = {}
        self._numbers: Counter[int] = Counter()

    def note(self, ont: PluggedOnt, on_port: int, now: datetime) -> bool:
        """Add an ONT, unless it is there already; say whether it was new."""
        if ont.serial in self._indexes:
            return False
        self._numbers[on_port] += 1
        index = (on_port, self._numbers[on_port])
        self._indexes[ont.serial] = index
        self.rows.put(index, FoundOnt(ont=ont, found_at=now))
        return True

    def forget(self, serial: str) -> None:
        """Take an ONT out, if it is there."""
        index = self._indexes.pop(serial, None)
        if index is not None:
            self.rows.drop(index)


class RegisterLog:
    """The newest attempts to come up, numbered by port."""

    def __init__(self) -> None:
        self.rows: Rows[LogRow] = Rows()
        self._order: deque[Oid] = deque()
        self._numbers: Counter[int] = Counter()

    def note_up(self, on_port: int, serial: str, at: datetime) -> None:
        """Note that an ONT came up."""
        self._write(on_port, LogRow(serial=OntSerial(serial), result=RegisterResult.OK, at=at))

    def note_conflict(self, on_port: int, serial: str, holder: Oid, at: datetime) -> None:
        """Note a serial beside the row that holds it already."""
        row = LogRow(
            serial=OntSerial(serial), result=RegisterResult.SERIAL_CONFLICT, at=at, conflict=holder
        )
        self._write(on_port, row)

    def _write(self, on_port: int, row: LogRow) -> None:
        self._numbers[on_port] += 1
        index = (on_port, self._numbers[on_port])
        self.rows.put(index, row)
        self._order.append(index)
        if len(self._order) > LOG_ROWS_MAX:
            self.rows.drop(self._order.popleft())
