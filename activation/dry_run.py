"""An activation up to its writes: everything is read, and nothing is sent that writes."""

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from activation.driver import DriverFactory, OltDriver
from activation.failures import Failure
from activation.prechecks import Decision, Resume, decide
from activation.recording import shown
from activation.requests import (
    Absent,
    Allocation,
    Applied,
    At,
    Located,
    LocationUnknown,
    Many,
    NoChange,
    OntSpec,
    PonPort,
    Survey,
)
from activation.snmp import Answer, Binding, Oid, SnmpError, SnmpSession, Walk, Written

_NODES: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+")

_ROW_STATUS: Final = "row_status"
_ACTIVE: Final = 1  # RFC 2579, RowStatus
_CREATE_AND_GO: Final = 4  # RFC 2579, RowStatus


class DrySession:
    """A session that keeps writes instead of sending them.

    What was kept is answered to reads of the same OIDs, so that a driver whose tables are written
    where they are read goes on to its next write. Walks bring what the OLT itself has. ``names``
    tell which cells are a RowStatus: a row that was created reads as active (RFC 2579).
    """

    def __init__(self, session: SnmpSession, names: Mapping[Oid, str]) -> None:
        self._session = session
        self._names = names
        self._written: dict[Oid, int | bytes] = {}
        self.requests: list[tuple[Binding, ...]] = []
        """The writes, oldest first, one entry for each request."""

    @property
    def peer(self) -> str:
        """Where it reads."""
        return self._session.peer

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        """Read, and lay what would have been written over it."""
        answer = await self._session.get_many(oids)
        if not isinstance(answer, Answer):
            return answer
        laid = {oid: self._written[oid] for oid in oids if oid in self._written}
        return Answer(values={**answer.values, **laid})

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        """Walk what the OLT has."""
        return await self._session.bulk_walk(column, bulk_size=bulk_size)

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        """Keep what would be sent."""
        self.requests.append(tuple(bindings))
        self._written.update({each.oid: self._as_read(each) for each in bindings})
        return Written()

    def _as_read(self, binding: Binding) -> int | bytes:
        is_status = _name_of(binding.oid, self._names).endswith(_ROW_STATUS)
        return _ACTIVE if is_status and binding.value == _CREATE_AND_GO else binding.value


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What an activation would do."""

    survey: Survey
    decision: Decision | Failure
    requests: tuple[tuple[Binding, ...], ...] = ()
    ended: Applied | NoChange | Failure | None = None
    """What the driver made of it; None where the decision stopped before any write."""


async def rehearse(
    factory: DriverFactory, session: SnmpSession, port: PonPort, spec: OntSpec
) -> DryRun | Failure:
    """Survey, decide and apply, with the writes kept.

    Raises:
        ValueError: a value of the specification does not fit the OLT.
    """
    dry = DrySession(session, names_of(factory))
    driver = factory(dry)
    survey = await driver.survey(port, spec)
    if isinstance(survey, Failure):
        return survey
    decision = decide(survey, spec.serial)
    if isinstance(decision, Failure):
        return DryRun(survey=survey, decision=decision)
    decision = await _as_bound(driver, spec, decision)
    if isinstance(decision, Failure):
        return decision
    ended = await driver.apply(spec, decision.allocation)
    return DryRun(survey=survey, decision=decision, requests=tuple(dry.requests), ended=ended)


async def _as_bound(driver: OltDriver, spec: OntSpec, decision: Decision) -> Decision | Failure:
    """Take the service port that an ONT which is registered already has, if it has one."""
    if not isinstance(decision, Resume):
        return decision
    ref = decision.allocation.ref
    bound = await driver.bound(ref, spec)
    if isinstance(bound, Failure):
        return bound
    if bound is None:
        return decision
    return Resume(allocation=Allocation(ref=ref, service_port=bound))


def names_of(factory: DriverFactory) -> Mapping[Oid, str]:
    """Give the names of OIDs that the module ``oids`` beside a driver has, if there is one."""
    package = getattr(factory, "__module__", "").rpartition(".")[0]
    try:
        module = importlib.import_module(f"{package}.oids")
    except (ImportError, ValueError):
        return {}
    return {
        value: name.lower()
        for name, value in vars(module).items()
        if isinstance(value, str) and _NODES.fullmatch(value)
    }


def told(run: DryRun, names: Mapping[Oid, str]) -> list[str]:
    """Tell it for a person, a line for each varbind."""
    lines = _surveyed(run.survey)
    if isinstance(run.decision, Failure):
        return [*lines, f"would stop: {run.decision.code}: {run.decision}"]
    verb = type(run.decision).__name__.lower()
    allocation = run.decision.allocation
    lines.append(f"would {verb} at {allocation.ref}, service port {allocation.service_port}")
    for number, bindings in enumerate(run.requests, start=1):
        lines.append(f"SET {number}, {len(bindings)} varbinds:")
        lines += [
            f"  {each.oid} = {shown(each.value)}{_named(each.oid, names)}" for each in bindings
        ]
    return [*lines, _ending(run)]


def _ending(run: DryRun) -> str:
    if isinstance(run.ended, Applied):
        return "these are all; nothing was sent"
    if not isinstance(run.ended, Failure):
        return "everything is as wanted already; there is nothing to send"
    if not run.requests:
        return f"would stop: {run.ended.code}: {run.ended}"
    return (
        "nothing was sent; what follows depends on what the OLT holds after these, so it cannot "
        f"be shown ({run.ended.code})"
    )


def _surveyed(survey: Survey) -> list[str]:
    seen = ", ".join(f"{each.serial} on {each.port}" for each in survey.seen.items) or "none"
    missing = ", ".join(f"{each.kind} {each.name!r}" for each in survey.missing_profiles) or "none"
    free = f"free ONT id {survey.free_ont_id}, free service port {survey.free_service_port}"
    return [
        f"on {survey.port}: {_located(survey.located)}; unregistered here: {seen}",
        f"missing profiles: {missing}; {free}",
    ]


def _located(located: Located) -> str:
    match located:
        case At(ref=ref):
            return f"registered at {ref}"
        case Many(refs=refs):
            return f"registered at {', '.join(map(str, refs))}"
        case Absent():
            return "not registered"
        case LocationUnknown(reason=reason):
            return f"not registered here, elsewhere not known ({reason})"


def _named(oid: Oid, names: Mapping[Oid, str]) -> str:
    name = _name_of(oid, names)
    return f"  ({name})" if name else ""


def _name_of(oid: Oid, names: Mapping[Oid, str]) -> str:
    """Name an OID by the longest column that it lies below; nothing where none is known."""
    column = oid
    while column and column not in names:
        column = column.rpartition(".")[0]
    return names.get(column, "")
