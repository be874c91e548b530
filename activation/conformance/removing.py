"""Removing: what is ours, in order, and nothing else."""

from activation.conformance.check import Trial, check, insist, is_a, nothing, same
from activation.driver import DriverCapability as Can
from activation.failures import ForeignOnt
from activation.requests import Allocation, NoChange, OntRef, Removed


@check(Can.REGISTER)
async def a_removed_ont_is_gone_with_its_flow(trial: Trial) -> None:
    """And found again as a new one, since it is still lit."""
    allocation = await trial.registered()
    is_a(Removed, await trial.driver.remove(allocation, trial.spec.serial))
    truth = await trial.rig.truth()
    nothing({**truth.registered, **truth.flows}, "what is left")
    await trial.allocation()


@check(Can.REGISTER)
async def removing_twice_writes_once(trial: Trial) -> None:
    """Absent is fine."""
    allocation = await trial.registered()
    is_a(Removed, await trial.driver.remove(allocation, trial.spec.serial))
    before = await trial.rig.truth()
    is_a(NoChange, await trial.driver.remove(allocation, trial.spec.serial))
    await trial.untouched(before)


@check(Can.REGISTER)
async def a_stranger_is_never_removed(trial: Trial) -> None:
    """The ids were ours once; the ONT that has them now is not."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    await trial.rig.register_by_hand(other, allocation.ref)
    before = await trial.rig.truth()
    failure = is_a(ForeignOnt, await trial.driver.remove(allocation, trial.spec.serial))
    same(failure.found, other.serial, "who is there")
    await trial.untouched(before)


@check(Can.SERVICE_FLOW)
async def the_flow_of_a_stranger_is_left(trial: Trial) -> None:
    """The service port went to somebody else meanwhile."""
    other = trial.rig.spec(1)
    allocation = await trial.registered()
    await trial.rig.remove_by_hand(trial.spec.serial)
    await trial.rig.register_by_hand(trial.spec, allocation.ref)
    ref = OntRef(port=trial.rig.port, ont_id=allocation.ref.ont_id + 1)
    await trial.rig.register_by_hand(other, ref)
    taken = await trial.rig.bind_by_hand(other, ref, allocation.service_port)
    allocation = Allocation(ref=allocation.ref, service_port=taken)
    is_a(Removed, await trial.driver.remove(allocation, trial.spec.serial))
    truth = await trial.rig.truth()
    insist(trial.spec.serial not in truth.registered, "ours is gone")
    same(truth.flows, {taken: ref}, "flows")
