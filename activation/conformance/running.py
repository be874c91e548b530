"""Running the suite: each check on a fresh OLT, and how many a driver passes."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from activation.conformance import day2, interrupted, reading, registering, removing, trouble
from activation.conformance.check import CHECKS, Check, NotConforming, Trial, insist, same
from activation.conformance.rig import Rig, RigFactory
from activation.driver import DriverCapability, DriverFactory
from activation.failures import Unsupported
from activation.requests import Allocation, OntRef

SUITE: Final[Sequence[Check]] = [
    each
    for module in (registering, reading, removing, trouble, day2, interrupted)
    for each in CHECKS
    if each.run.__module__ == module.__name__
]
"""All checks, in this order."""


class Passed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The driver did what it owes."""

    check: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It did not."""

    check: str
    reason: str


class Missing(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The driver declares that it cannot, and says so when it is asked."""

    check: str
    capability: DriverCapability


Result = Passed | Failed | Missing


async def run(
    factory: DriverFactory, open_rig: RigFactory, *, snmp: str, checks: Sequence[Check] = SUITE
) -> AsyncGenerator[Result]:
    """Run checks one after the other."""
    for each in checks:
        yield await run_one(each, factory, open_rig, snmp=snmp)


async def run_one(
    check: Check, factory: DriverFactory, open_rig: RigFactory, *, snmp: str
) -> Result:
    """Run one check; a driver without the capability must say so and leave the OLT alone."""
    try:
        async with open_rig(snmp=snmp) as rig:
            if check.needs in factory.capabilities:
                await check.run(Trial(rig))
                return Passed(check=check.name)
            await _decline(rig, check.needs)
            return Missing(check=check.name, capability=check.needs)
    except NotConforming as error:
        return Failed(check=check.name, reason=str(error))
    except Exception as error:  # noqa: BLE001  a driver returns its failures and raises none
        return Failed(check=check.name, reason=f"raised {type(error).__name__}: {error}")


async def _decline(rig: Rig, capability: DriverCapability) -> None:
    """Insist that a verb without its capability answers ``Unsupported`` and touches nothing."""
    spec, driver = rig.spec(), rig.driver
    place = Allocation(ref=OntRef(port=rig.port, ont_id=1), service_port=1)
    before = await rig.truth()
    service = msgspec.structs.replace(spec, registration_alone=False)
    verbs: Mapping[DriverCapability, Sequence[Callable[[], Awaitable[object]]]] = {
        DriverCapability.SERVICE_FLOW: (
            lambda: driver.survey(rig.port, service),
            lambda: driver.apply(service, place),
        ),
        DriverCapability.SUSPEND: (
            lambda: driver.suspend(place, spec.serial),
            lambda: driver.resume(place, spec.serial),
        ),
        DriverCapability.CHANGE_PROFILE: (lambda: driver.change_profile(spec, place),),
        DriverCapability.SWAP: (lambda: driver.swap(spec, place, spec.serial),),
        DriverCapability.REBOOT: (lambda: driver.reboot(place.ref, spec.serial),),
        DriverCapability.SAVE_CONFIGURATION: (driver.save_configuration,),
        DriverCapability.LIST_REGISTERED: (lambda: driver.list_registered(rig.port),),
        DriverCapability.LIST_SERVICE_PORTS: (driver.list_service_ports,),
        DriverCapability.POLL: (lambda: driver.poll(rig.port),),
    }
    for call in verbs.get(capability, ()):
        answer = await call()
        insist(isinstance(answer, Unsupported), f"{capability} is not declared: {answer!r}")
    same((await rig.truth()).writes, before.writes, "the writes that arrived")
