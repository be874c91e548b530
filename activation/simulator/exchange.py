"""One request in, one answer out: what the agent does apart from encoding.

Knows access, faults and counting. The agent around it (``activation.simulator.agent``) knows
pysnmp; the OLT behind it knows neither.
"""

import enum
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from activation.simulator import faults
from activation.simulator.cells import Refused, Status, Written
from activation.simulator.dialects import dialect_of
from activation.simulator.faults import Fault, FaultKind, FaultOrder
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import Event
from activation.simulator.tables import Absence, Binding, Tree

BINDINGS_MAX: Final = 100
"""The most variables in one answer to a GETBULK; about 4 kB."""


class RequestKind(enum.Enum):
    """The four requests of SNMP."""

    GET = "get"
    GET_NEXT = "getnext"
    GET_BULK = "getbulk"
    SET = "set"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request, decoded and with the rights of who sent it."""

    kind: RequestKind
    variables: tuple[tuple[Oid, Written], ...]
    non_repeaters: int = 0
    max_repetitions: int = 0
    may_write: bool = False


class Missing(msgspec.Struct, frozen=True):
    """A variable without a value."""

    oid: Oid
    absence: Absence


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back; without bindings the variables of the request are repeated."""

    status: Status = Status.NO_ERROR
    position: int = 0
    bindings: tuple[Binding | Missing, ...] | None = None


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Requests counted since the start; a request that a fault swallowed is counted too."""

    get_requests: int
    getnext_requests: int
    getbulk_requests: int
    set_requests: int
    set_varbinds: int
    accepted_sets: int
    rejected_sets: int
    unanswered_requests: int
    """Requests that got no answer because of a fault."""


class Exchange:
    """Answers requests from the OLT and keeps count."""

    def __init__(
        self,
        olt: Olt,
        *,
        now: Callable[[], datetime],
        record: Callable[[Event], None],
    ) -> None:
        self.olt = olt
        self._dialect = dialect_of(olt)
        self._tree = Tree(self._dialect.columns())
        self._now = now
        self._record = record
        self._counts: Counter[str] = Counter()
        self._faults: dict[FaultKind, Fault] = {}
        self.on_change: Callable[[], None] = lambda: None
        """Called after whatever may have moved the next due instant."""

    def restart(self) -> None:
        """Start the OLT anew: what was not saved is gone, and all ONTs have to come up."""
        now = self._now()
        self.olt.advance(now)
        self.olt = self.olt.restarted(now)
        self._dialect = dialect_of(self.olt)
        self.reread()

    def reread(self) -> None:
        """Serve what the OLT holds now, after its profiles changed."""
        self._tree = Tree(self._dialect.columns())
        self.on_change()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that are being played."""
        return tuple(self._faults.values())

    def stats(self) -> Stats:
        """Give the counts so far."""
        counts = {name: self._counts[name] for name in Stats.__struct_fields__}
        return Stats(**counts)

    def due_at(self) -> datetime | None:
        """Give the instant of the next ``settle`` that will have something to tell."""
        ends = [fault.until for fault in self._faults.values() if fault.until is not None]
        change = self.olt.due_at()
        return min(ends if change is None else [*ends, change], default=None)

    def settle(self) -> None:
        """Tell what has come due, and end faults whose time has run out."""
        now = self._now()
        self.olt.advance(now)
        self._end_faults(now)

    def start_fault(self, order: FaultOrder) -> Fault:
        """Play a fault; one of the same kind is replaced."""
        now = self._now()
        fault = faults.begin(order, now)
        self._faults[order.kind] = fault
        self._record(Event(at=now, event="fault.started", reason=order.kind.value))
        self.on_change()
        return fault

    def clear_faults(self) -> None:
        """End every fault at once."""
        now = self._now()
        for kind in list(self._faults):
            self._end_fault(kind, now)
        self.on_change()

    def answer(self, request: Request) -> Answer | None:
        """Answer one request, or give None where a fault loses request or answer."""
        now = self._now()
        self._count(request)
        self._end_faults(now)
        if self._strikes(FaultKind.SILENT, now):
            self._counts["unanswered_requests"] += 1
            return None
        if self._strikes(FaultKind.BUSY, now):
            return Answer(status=Status.GENERAL, position=1)
        if request.kind is RequestKind.SET:
            return self._take_set(request, now)
        if request.kind is RequestKind.GET_BULK and self._strikes(FaultKind.CUT_WALK, now):
            return Answer(bindings=self._cut_short(request, now))
        return Answer(bindings=self._read(request, now))

    def _take_set(self, request: Request, now: datetime) -> Answer | None:
        """Write, unless the SET or its answer gets lost."""
        is_lost = self._strikes(FaultKind.DROP_SET, now)
        answer = None if is_lost else self._write(request, now)
        if self._strikes(FaultKind.SILENT_AFTER_SET, now):
            self._faults[FaultKind.SILENT] = faults.begin(FaultOrder(kind=FaultKind.SILENT), now)
            answer = None
        if self._strikes(FaultKind.DROP_REPLY_AFTER_SET, now):
            answer = None
        self._counts["unanswered_requests"] += answer is None
        return answer

    def _cut_short(self, request: Request, now: datetime) -> tuple[Binding | Missing, ...]:
        """Give one row and the end, as an agent does that loses its place in a table."""
        row = self._next_of([oid for oid, _ in request.variables], now)
        return (*row, *(Missing(each.oid, Absence.END_OF_VIEW) for each in row))

    def _count(self, request: Request) -> None:
        self._counts[f"{request.kind.value}_requests"] += 1
        if request.kind is RequestKind.SET:
            self._counts["set_varbinds"] += len(request.variables)

    def _strikes(self, kind: FaultKind, now: datetime) -> bool:
        fault = self._faults.get(kind)
        if fault is None:
            return False
        self._faults[kind] = faults.spend(fault)
        self._end_faults(now)
        return True

    def _end_faults(self, now: datetime) -> None:
        for kind, fault in list(self._faults.items()):
            if fault.is_over(now):
                self._end_fault(kind, min(now, fault.until or now))

    def _end_fault(self, kind: FaultKind, at: datetime) -> None:
        del self._faults[kind]
        self._record(Event(at=at, event="fault.ended", reason=kind.value))

    def _read(self, request: Request, now: datetime) -> tuple[Binding | Missing, ...]:
        names = [oid for oid, _ in request.variables]
        if request.kind is RequestKind.GET:
            return tuple(_bound(oid, self._tree.get(oid, now)) for oid in names)
        if request.kind is RequestKind.GET_NEXT:
            return self._next_of(names, now)
        head = max(0, request.non_repeaters)
        found = list(self._next_of(names[:head], now))
        repeated = names[head:]
        repetitions = min(request.max_repetitions, BINDINGS_MAX // max(1, len(repeated)))
        for _ in range(max(repetitions, 1 if request.max_repetitions > 0 else 0)):
            row = self._next_of(repeated, now)
            found.extend(row)
            repeated = [binding.oid for binding in row]
            if all(isinstance(binding, Missing) for binding in row):
                break
        return tuple(found)

    def _next_of(self, names: Sequence[Oid], now: datetime) -> tuple[Binding | Missing, ...]:
        return tuple(_bound(oid, self._tree.get_next(oid, now)) for oid in names)

    def _write(self, request: Request, now: datetime) -> Answer:
        self.olt.advance(now)
        if not request.may_write:
            refused = Refused(
                status=Status.AUTHORIZATION, position=1, reason="community_may_not_write"
            )
            return self._refuse(refused, now)
        verdict = self._dialect.judge(request.variables)
        if isinstance(verdict, Refused):
            return self._refuse(verdict, now)
        for event in verdict.commit(now):
            self._record(event)
        self._counts["accepted_sets"] += 1
        self.on_change()
        return Answer()

    def _refuse(self, refused: Refused, now: datetime) -> Answer:
        self._counts["rejected_sets"] += 1
        conflict = refused.conflict
        if conflict is not None:
            self.olt.note_conflict(conflict.serial, conflict.port_index, conflict.holder, now)
        self._record(
            Event(
                at=now,
                event="set.rejected",
                serial=None if conflict is None else conflict.serial,
                status=refused.status.value,
                position=refused.position,
                reason=refused.reason,
            )
        )
        return Answer(status=refused.status, position=refused.position)


def _bound(oid: Oid, found: Binding | Absence) -> Binding | Missing:
    return found if isinstance(found, Binding) else Missing(oid, found)
