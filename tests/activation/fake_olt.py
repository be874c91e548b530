"""A Huawei OLT in memory behind ``SnmpSession``, with mishaps on request.

Its numbers are written down a second time on purpose: a driver that shares a wrong constant with
its test would pass it.
"""

import asyncio
import enum
from collections.abc import Callable, Mapping, Sequence

import msgspec

from activation.requests import OntSpec, PonPort
from activation.snmp import (
    Answer,
    Binding,
    ErrorStatus,
    NoAnswer,
    Row,
    SnmpError,
    SnmpValue,
    Unintelligible,
    Walk,
    Written,
)
from sync_protocol.serials import OntSerial, serial_bytes

PORT = PonPort(frame=0, slot=1, port=0)
OTHER_PORT = PonPort(frame=0, slot=1, port=1)
IF_INDEX = 4194312192
OTHER_IF_INDEX = 4194312448
SERIAL = OntSerial("HWTC1A2B3C4D")
OTHER_SERIAL = OntSerial("HWTC00000007")

_X = "1.3.6.1.4.1.2011.6.128.1.1."
_ONT = _X + "2.43.1."
_FLOW = "1.3.6.1.4.1.2011.5.14.5.2.1."
_NEXT_FLOW = "1.3.6.1.4.1.2011.5.14.5.1.0"
_IF_NAME = "1.3.6.1.2.1.31.1.1.1.1."
_INCONSISTENT_VALUE = 12


def a_spec(**changes: object) -> OntSpec:
    spec = OntSpec(
        serial=SERIAL,
        line_profile="line-100",
        service_profile="srv-hgu",
        description="svc 7",
        vlan=100,
        user_vlan=101,
        gem_port=1,
        traffic_in="up-100",
        traffic_out="down-100",
    )
    return msgspec.structs.replace(spec, **changes)


class Mishap(enum.Enum):
    """What happens to one write."""

    REPLY_LOST = "done, but nobody hears of it"
    REQUEST_LOST = "not done, and nobody hears of it"
    REPLY_GARBLED = "done, and answered with nonsense"
    DELIVERED_TWICE = "done, and the answer is that to the second delivery"
    DONE_THEN_SILENT = "done, then the OLT stops answering"
    ANSWERED_NOT_DONE = "answered as done, and gone when read"


class FakeOlt:
    """Answers reads from its cells, and writes as RFC 2579 wants rows written."""

    def __init__(self) -> None:
        self.cells: dict[str, SnmpValue] = {_NEXT_FLOW: 1}
        self.writes: list[tuple[Binding, ...]] = []
        self._mishaps: list[Mishap | ErrorStatus | Callable[[], None]] = []
        self.walk_ends: dict[str, int] = {}
        self.silent = False
        self.rounds = 0
        self.reads = 0
        self._in_flight = 0
        self.name_port(IF_INDEX, b"GPON 0/1/0")
        self.name_port(OTHER_IF_INDEX, b"GPON 0/1/1")
        for name, base in (("line-100", "3.61.1.7."), ("srv-hgu", "3.65.1.4.")):
            self.cells[_X + base + ".".join(str(byte) for byte in name.encode())] = 1

    @property
    def peer(self) -> str:
        return "olt.test:161"

    def misbehave(self, *mishaps: Mishap | ErrorStatus | Callable[[], None]) -> None:
        """Meet the coming writes with these, in turn; a function runs just before its write."""
        self._mishaps = list(mishaps)

    def name_port(self, if_index: int, name: bytes) -> None:
        self.cells[f"{_IF_NAME}{if_index}"] = name

    def plug_in(self, serial: OntSerial, if_index: int = IF_INDEX, entry: int = 1) -> None:
        self.cells[f"{_X}2.48.1.2.{if_index}.{entry}"] = serial_bytes(serial)
        self.cells[f"{_X}2.48.1.7.{if_index}.{entry}"] = b"EG8145V5".ljust(20, b"\0")

    def register(self, serial: OntSerial, if_index: int, ont_id: int) -> None:
        values: dict[int, SnmpValue] = {3: serial_bytes(serial), 7: b"line-100", 8: b"srv-hgu"}
        for column, value in (values | {10: 1}).items():
            self.cells[f"{_ONT}{column}.{if_index}.{ont_id}"] = value

    def bind(self, service_port: int, **columns: int) -> None:
        values: dict[str, SnmpValue] = {
            "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "8": 100, "12": 101, "15": 1,
            "22": b"up-100", "21": b"down-100",
        }  # fmt: skip
        for column, value in (
            values | {c.removeprefix("c"): v for c, v in columns.items()}
        ).items():
            self.cells[f"{_FLOW}{column}.{service_port}"] = value

    def log_conflict(self, serial: OntSerial, if_index: int, at: tuple[int, int]) -> None:
        cells: dict[int, SnmpValue] = {2: serial_bytes(serial), 3: 3, 5: at[0], 6: at[1]}
        for column, value in cells.items():
            self.cells[f"{_X}2.52.1.{column}.{if_index}.1"] = value

    def tell(self, column: str, value: SnmpValue, ont_id: int = 0) -> None:
        """Set a cell of an ONT on the port, such as ``2.46.1.15``."""
        self.cells[f"{_X}{column}.{IF_INDEX}.{ont_id}"] = value

    def serials(self) -> dict[str, SnmpValue]:
        """Give the registered serials by index, as an engineer would read them."""
        return self._below(_ONT + "3")

    def service_ports(self) -> dict[str, SnmpValue]:
        return self._below(_FLOW + "5")

    async def get_many(self, oids: Sequence[str]) -> Answer | SnmpError:
        await self._travel()
        if self.silent:
            return NoAnswer(waited_ms=3)
        return Answer(values={oid: self.cells.get(oid) for oid in oids})

    async def bulk_walk(self, column: str, *, bulk_size: int) -> Walk:
        assert 1 <= bulk_size <= 100
        await self._travel()
        if self.silent:
            return Walk(rows=(), stopped_by=NoAnswer(waited_ms=3))
        rows = sorted(
            (tuple(int(node) for node in index.split(".")), value)
            for index, value in self._below(column).items()
        )
        found = tuple(Row(index=index, value=value) for index, value in rows)
        if column in self.walk_ends:
            cut = found[: self.walk_ends[column]]
            return Walk(rows=cut, stopped_by=NoAnswer(waited_ms=3))
        return Walk(rows=found)

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        await self._travel()
        self.writes.append(tuple(bindings))
        mishap = self._mishaps.pop(0) if self._mishaps else None
        match mishap:
            case None:
                return self._write(bindings)
            case ErrorStatus():
                return mishap
            case Mishap():
                return self._mishandle(mishap, bindings)
            case _:
                mishap()
                return self._write(bindings)

    def _mishandle(self, mishap: Mishap, bindings: Sequence[Binding]) -> Written | SnmpError:
        if mishap is Mishap.REQUEST_LOST:
            return NoAnswer(waited_ms=3)
        if mishap is Mishap.ANSWERED_NOT_DONE:
            return Written()
        self._write(bindings)
        self.silent = mishap is Mishap.DONE_THEN_SILENT
        if mishap is Mishap.DELIVERED_TWICE:
            return self._write(bindings)
        if mishap is Mishap.REPLY_GARBLED:
            return Unintelligible(detail="nonsense")
        return NoAnswer(waited_ms=3)

    def _write(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        base = _ONT if bindings[0].oid.startswith(_ONT) else _FLOW
        status_column = "10" if base == _ONT else "15"
        values = {b.oid.removeprefix(base).partition(".")[0]: b for b in bindings}
        index = bindings[0].oid.removeprefix(base).partition(".")[2]
        if values[status_column].value == 6:
            for oid in [oid for oid in self.cells if _is_cell(oid, base, index)]:
                del self.cells[oid]
            return Written()
        if f"{base}{status_column}.{index}" in self.cells or self._refuses(base, values):
            return ErrorStatus(status=_INCONSISTENT_VALUE, oid=f"{base}{status_column}.{index}")
        for column, binding in values.items():
            self.cells[binding.oid] = 1 if column == status_column else binding.value
        return Written()

    def _refuses(self, base: str, values: Mapping[str, Binding]) -> bool:
        if base != _ONT:
            return False
        line = values["7"].value
        assert isinstance(line, bytes)
        has_profile = _X + "3.61.1.7." + ".".join(str(byte) for byte in line) in self.cells
        return values["3"].value in self.serials().values() or not has_profile

    def _below(self, column: str) -> dict[str, SnmpValue]:
        prefix = column + "."
        return {o[len(prefix) :]: v for o, v in self.cells.items() if o.startswith(prefix)}

    async def _travel(self) -> None:
        """Count a round trip for whatever travels side by side."""
        self.reads += 1
        if self._in_flight == 0:
            self.rounds += 1
        self._in_flight += 1
        for _ in range(20):
            await asyncio.sleep(0)
        self._in_flight -= 1


def _is_cell(oid: str, base: str, index: str) -> bool:
    return oid.startswith(base) and oid.removeprefix(base).partition(".")[2] == index
