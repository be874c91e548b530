"""Registering: the ordinary way, everything that forbids it, and twice."""

import msgspec

from activation.conformance.check import Trial, check, insist, is_a, nothing, same
from activation.conformance.rig import Ends
from activation.driver import DriverCapability as Can
from activation.failures import (
    FlowConflict,
    IdTaken,
    OntNotSeen,
    OntOnOtherPort,
    PartlyApplied,
    PortFull,
    ProfileMissing,
    SerialConflict,
    Unsupported,
    VlanMissing,
)
from activation.prechecks import Resume
from activation.requests import (
    Allocation,
    Applied,
    At,
    ConfigState,
    MatchState,
    NoChange,
    OntRef,
    Promised,
)


@check(Can.REGISTER)
async def a_lit_ont_is_registered_where_it_is_seen(trial: Trial) -> None:
    """The ordinary way."""
    allocation = await trial.registered()
    same(allocation.ref.port, trial.rig.port, "the port")
    truth = await trial.rig.truth()
    same(truth.registered.get(trial.spec.serial), allocation.ref, "where it is registered")


@check(Can.SERVICE_FLOW)
async def a_registered_ont_has_its_flow(trial: Trial) -> None:
    """A registration alone carries no traffic."""
    await trial.stands(trial.spec, await trial.registered())


@check(Can.BIND_PROFILES)
async def a_registered_ont_has_its_profiles(trial: Trial) -> None:
    """Those of the specification."""
    await trial.registered()
    names = (trial.spec.line_profile, trial.spec.service_profile)
    same((await trial.rig.truth()).profiles.get(trial.spec.serial), names, "the profiles")


@check(Can.REGISTER)
async def registering_twice_writes_once(trial: Trial) -> None:
    """A retry after success must not even try to write."""
    allocation = await trial.registered()
    before = await trial.rig.truth()
    is_a(NoChange, await trial.driver.apply(trial.spec, allocation))
    await trial.untouched(before)


@check(Can.REGISTER)
async def two_onts_get_different_ids(trial: Trial) -> None:
    """Ids are free when the OLT says so, and not promised to somebody else."""
    first = await trial.registered()
    promised = Promised(ont_ids=frozenset({first.ref.ont_id + 1}))
    second = is_a(Allocation, await trial.driver.next_allocation(trial.rig.port, promised=promised))
    insist(
        second.ref.ont_id not in {first.ref.ont_id, first.ref.ont_id + 1},
        f"{second.ref} is taken or promised",
    )


@check(Can.SERVICE_FLOW)
async def a_registration_alone_is_not_made_more_of(trial: Trial) -> None:
    """Who asks for less than the driver does is told so, and no more is written than asked."""
    spec = msgspec.structs.replace(trial.spec, registration_alone=True)
    allocation = await trial.allocation()
    before = await trial.rig.truth()
    for verb in (trial.driver.apply, trial.driver.change_profile):
        is_a(Unsupported, await verb(spec, allocation))
    is_a(Unsupported, await trial.driver.swap(spec, allocation, trial.rig.spec(1).serial))
    is_a(Unsupported, await trial.driver.survey(trial.rig.port, spec))
    await trial.untouched(before)


@check(Can.SERVICE_FLOW)
async def an_ont_registered_by_hand_is_completed(trial: Trial) -> None:
    """Somebody registered it before us: what is there stays, what is missing is added."""
    ref = OntRef(port=trial.rig.port, ont_id=7)
    await trial.rig.register_by_hand(trial.spec, ref)
    resumed = is_a(Resume, await trial.decision(trial.spec))
    same(resumed.allocation.ref, ref, "where it was found")
    is_a(Applied, await trial.driver.apply(trial.spec, resumed.allocation))
    await trial.stands(trial.spec, resumed.allocation)


@check(Can.SERVICE_FLOW)
async def the_flow_of_an_ont_registered_by_hand_is_found(trial: Trial) -> None:
    """After a database was put back, the OLT knows more than we do."""
    ref = OntRef(port=trial.rig.port, ont_id=7)
    await trial.rig.register_by_hand(trial.spec, ref)
    same(await trial.driver.bound(ref, trial.spec), None, "a flow that is not there")
    flow = await trial.rig.bind_by_hand(trial.spec, ref, 31)
    same(await trial.driver.bound(ref, trial.spec), flow, "the flow")


@check(Can.SERVICE_FLOW)
async def a_flow_that_was_lost_is_missed(trial: Trial) -> None:
    """An OLT that restarts amid the writes may keep the registration and forget the flow."""
    allocation = await trial.allocation()
    await trial.rig.register_by_hand(trial.spec, allocation.ref)
    insist(await trial.driver.carries(allocation) is False, "a registration alone carries nothing")
    flow = await trial.rig.bind_by_hand(trial.spec, allocation.ref, allocation.service_port)
    bound = Allocation(ref=allocation.ref, service_port=flow)
    insist(await trial.driver.carries(bound) is True, "a flow that is there is seen")


@check(Can.DISCOVER)
async def a_dark_ont_is_not_seen(trial: Trial) -> None:
    """It may lack power; a retry may find it."""
    before = await trial.rig.truth()
    await trial.rig.unplug(trial.spec.serial)
    failure = is_a(OntNotSeen, await trial.decision(trial.spec))
    insist(failure.may_retry, "OntNotSeen may be retried")
    await trial.untouched(before)


@check(Can.DISCOVER)
async def an_ont_on_another_port_is_named_with_its_place(trial: Trial) -> None:
    """The plant record is wrong, or somebody patched it wrongly."""
    await trial.rig.unplug(trial.spec.serial)
    await trial.rig.plug(trial.spec.serial, trial.rig.other_port)
    failure = is_a(OntOnOtherPort, await trial.decision(trial.spec))
    same(failure.seen_at, trial.rig.other_port, "where it is seen")


@check(Can.LOCATE)
async def a_serial_registered_elsewhere_is_refused_with_its_place(trial: Trial) -> None:
    """It is not moved without somebody's approval."""
    allocation = await trial.allocation()
    elsewhere = OntRef(port=trial.rig.other_port, ont_id=5)
    await trial.rig.register_by_hand(trial.spec, elsewhere)
    failure = is_a(SerialConflict, await trial.driver.apply(trial.spec, allocation))
    same(failure.at, (elsewhere,), "where it is registered")
    same(await trial.driver.locate(trial.spec.serial), At(ref=elsewhere), "located")
    same((await trial.rig.truth()).registered, {trial.spec.serial: elsewhere}, "registrations")


@check(Can.REGISTER)
async def an_id_that_a_stranger_has_is_left_to_it(trial: Trial) -> None:
    """Between choosing and writing somebody else may have come."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    await trial.rig.register_by_hand(other, allocation.ref)
    before = await trial.rig.truth()
    failure = is_a(IdTaken, await trial.driver.apply(trial.spec, allocation))
    same(failure.taken_by, other.serial, "who has it")
    same((await trial.rig.truth()).registered, before.registered, "registrations")


@check(Can.SERVICE_FLOW)
async def a_flow_that_a_stranger_has_is_left_to_it(trial: Trial) -> None:
    """As with the id."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    ref = OntRef(port=trial.rig.port, ont_id=allocation.ref.ont_id + 1)
    await trial.rig.register_by_hand(other, ref)
    taken = await trial.rig.bind_by_hand(other, ref, allocation.service_port)
    allocation = Allocation(ref=allocation.ref, service_port=taken)
    failure = is_a(FlowConflict, await trial.driver.apply(trial.spec, allocation))
    same(failure.taken_by, ref, "who has it")
    same((await trial.rig.truth()).flows, {taken: ref}, "flows")


@check(Can.REGISTER)
async def a_full_port_is_named(trial: Trial) -> None:
    """No id is invented."""
    await trial.rig.fill(trial.rig.port)
    is_a(PortFull, await trial.decision(trial.spec))


@check(Can.BIND_PROFILES)
async def a_missing_profile_is_named_before_anything_is_written(trial: Trial) -> None:
    """An engineer creates it or corrects the product."""
    spec = msgspec.structs.replace(trial.spec, line_profile="NO-SUCH")
    before = await trial.rig.truth()
    failure = is_a(ProfileMissing, await trial.decision(spec))
    same(failure.name, "NO-SUCH", "the name")
    await trial.untouched(before)


@check(Can.BIND_PROFILES)
async def a_profile_that_vanished_meanwhile_is_named(trial: Trial) -> None:
    """The OLT refuses the write; the reason is read, not guessed."""
    allocation = await trial.allocation()
    spec = msgspec.structs.replace(trial.spec, service_profile="NO-SUCH")
    failure = is_a(ProfileMissing, await trial.driver.apply(spec, allocation))
    same(failure.name, "NO-SUCH", "the name")
    nothing((await trial.rig.truth()).registered, "registrations")


@check(Can.SERVICE_FLOW)
async def a_missing_vlan_is_named_and_what_was_done_is_told(trial: Trial) -> None:
    """The registration stands; a retry goes on from it."""
    allocation = await trial.allocation()
    spec = msgspec.structs.replace(trial.spec, vlan=4000)
    failure = is_a(PartlyApplied, await trial.driver.apply(spec, allocation))
    insist(isinstance(failure.because, VlanMissing), f"the reason is {failure.because!r}")
    insist(failure.touched_device is True, "something was written")
    is_a(Applied, await trial.driver.apply(trial.spec, allocation))
    await trial.stands(trial.spec, allocation)


@check(Can.CONFIG_STATE)
async def an_ont_whose_configuration_fails_shows_it(trial: Trial) -> None:
    """Online is not enough."""
    await trial.rig.unplug(trial.spec.serial)
    await trial.rig.plug(trial.spec.serial, trial.rig.port, ends=Ends.CONFIG_FAILED)
    allocation = await trial.registered()
    same((await trial.observed(allocation.ref)).config, ConfigState.FAILED, "configuration")


@check(Can.MATCH_STATE)
async def an_ont_that_does_not_match_its_profile_shows_it(trial: Trial) -> None:
    """A warning: traffic may flow."""
    await trial.rig.unplug(trial.spec.serial)
    await trial.rig.plug(trial.spec.serial, trial.rig.port, ends=Ends.MISMATCH)
    allocation = await trial.registered()
    same((await trial.observed(allocation.ref)).match, MatchState.MISMATCH, "match")
