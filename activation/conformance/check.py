"""A check and what it needs to say."""

from collections.abc import Awaitable, Callable, Sized
from typing import Final, TypeVar

import msgspec

from activation import prechecks
from activation.conformance.rig import Rig, Truth
from activation.driver import DriverCapability
from activation.failures import Failure
from activation.prechecks import Register
from activation.requests import (
    Allocation,
    Applied,
    Listing,
    Observation,
    OntRef,
    OntSpec,
    Survey,
)

T = TypeVar("T")
Run = Callable[["Trial"], Awaitable[None]]


class NotConforming(AssertionError):
    """The driver did otherwise than it owes; the text says what was expected and what came."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a driver owes."""

    name: str
    needs: DriverCapability
    run: Run


CHECKS: Final[list[Check]] = []


def check(needs: DriverCapability) -> Callable[[Run], Run]:
    """Add a function to the suite under its name; the driver must have the capability."""

    def add(run: Run) -> Run:
        CHECKS.append(Check(name=run.__name__, needs=needs, run=run))
        return run

    return add


class Trial:
    """One check on one fresh OLT, with what checks have in common."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.driver = rig.driver
        self.spec = rig.spec()

    async def decision(self, spec: OntSpec) -> prechecks.Decision | Failure:
        """Survey and decide, as the fulfilment does."""
        survey = await self.driver.survey(self.rig.port, spec)
        return prechecks.decide(survey, spec.serial) if isinstance(survey, Survey) else survey

    async def allocation(self, spec: OntSpec | None = None) -> Allocation:
        """Find free ids for an ONT that may be registered."""
        return is_a(Register, await self.decision(spec or self.spec)).allocation

    async def registered(self, spec: OntSpec | None = None) -> Allocation:
        """Register an ONT the ordinary way."""
        allocation = await self.allocation(spec)
        is_a(Applied, await self.driver.apply(spec or self.spec, allocation))
        return allocation

    async def observed(self, ref: OntRef, spec: OntSpec | None = None) -> Observation:
        """Look at a registered ONT."""
        return is_a(Observation, await self.driver.observe(ref, (spec or self.spec).serial))

    async def stands(self, spec: OntSpec, allocation: Allocation) -> Truth:
        """Insist that the OLT holds this ONT here, and its one flow; tell what it holds.

        A driver that makes no flows has none to hold.
        """
        truth = await self.rig.truth()
        same(truth.registered.get(spec.serial), allocation.ref, "where it is registered")
        flows = [index for index, ref in truth.flows.items() if ref == allocation.ref]
        makes_flows = DriverCapability.SERVICE_FLOW in self.driver.capabilities
        expected = [allocation.service_port] if makes_flows else []
        same(flows, expected, "the flows that lead to it")
        return truth

    async def untouched(self, before: Truth) -> None:
        """Insist that nothing was written since."""
        same((await self.rig.truth()).writes, before.writes, "the writes that arrived")


def is_a(kind: type[T], answer: object) -> T:
    """Insist on an answer of this kind."""
    if not isinstance(answer, kind):
        raise NotConforming(f"expected {kind.__name__}, got {answer!r}")
    return answer


def same(found: object, expected: object, what: str) -> None:
    """Insist on a value."""
    if found != expected:
        raise NotConforming(f"{what}: expected {expected!r}, found {found!r}")


def nothing(found: Sized, what: str) -> None:
    """Insist that there is none."""
    if len(found):
        raise NotConforming(f"{what}: expected none, found {found!r}")


def listed(answer: Listing[T] | Failure) -> tuple[T, ...]:
    """Insist on a listing that was read to its end; give what is in it."""
    if isinstance(answer, Failure):
        raise NotConforming(f"expected a listing, got {answer!r}")
    insist(answer.complete, f"{answer!r} was read to its end")
    return answer.items


def insist(is_so: bool, what: str) -> None:  # noqa: FBT001  reads as a sentence where it is called
    """Insist on a condition."""
    if not is_so:
        raise NotConforming(what)
