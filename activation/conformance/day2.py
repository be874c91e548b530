"""After an ONT is live: suspend, resume, change, swap, restart, save, list, poll."""

import msgspec

from activation.conformance.check import Trial, check, insist, is_a, listed, nothing, same
from activation.conformance.rig import Trouble
from activation.conformance.trouble import is_undecided
from activation.driver import DriverCapability as Can
from activation.failures import (
    ForeignOnt,
    IdTaken,
    ListingIncomplete,
    OltUnreachable,
    OntNotRegistered,
    PartlyApplied,
    ProfileMissing,
)
from activation.requests import (
    Applied,
    Listing,
    NoChange,
    OntRef,
    Phase,
    Rebooting,
    Saved,
)


@check(Can.SUSPEND)
async def a_suspended_ont_is_off_and_keeps_its_place(trial: Trial) -> None:
    """Registration and flow stay, so that resuming cannot fail for want of an id."""
    allocation = await trial.registered()
    is_a(Applied, await trial.driver.suspend(allocation, trial.spec.serial))
    truth = await trial.stands(trial.spec, allocation)
    same(truth.suspended, {trial.spec.serial}, "suspended")
    same((await trial.observed(allocation.ref)).phase, Phase.OFFLINE, "phase")


@check(Can.SUSPEND)
async def a_resumed_ont_is_on_again(trial: Trial) -> None:
    """At the same place."""
    allocation = await trial.registered()
    await trial.driver.suspend(allocation, trial.spec.serial)
    is_a(Applied, await trial.driver.resume(allocation, trial.spec.serial))
    truth = await trial.stands(trial.spec, allocation)
    nothing(truth.suspended, "suspended")
    same((await trial.observed(allocation.ref)).phase, Phase.ONLINE, "phase")


@check(Can.SUSPEND)
async def suspending_and_resuming_twice_writes_once(trial: Trial) -> None:
    """A retry after success must not even try to write."""
    allocation = await trial.registered()
    for verb in (trial.driver.suspend, trial.driver.resume):
        is_a(Applied, await verb(allocation, trial.spec.serial))
        before = await trial.rig.truth()
        is_a(NoChange, await verb(allocation, trial.spec.serial))
        await trial.untouched(before)


@check(Can.SUSPEND)
async def a_stranger_is_never_suspended(trial: Trial) -> None:
    """The subscriber at our old ids pays."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    await trial.rig.register_by_hand(other, allocation.ref)
    is_a(ForeignOnt, await trial.driver.suspend(allocation, trial.spec.serial))
    nothing((await trial.rig.truth()).suspended, "suspended")


@check(Can.SUSPEND)
async def an_empty_place_cannot_be_suspended(trial: Trial) -> None:
    """Nothing is there; a person or the next registration decides."""
    allocation = await trial.allocation()
    is_a(OntNotRegistered, await trial.driver.suspend(allocation, trial.spec.serial))


@check(Can.SUSPEND)
async def a_lost_answer_to_a_suspension_is_made_up_for_by_reading(trial: Trial) -> None:
    """And a lost suspension is unknown, then repeated."""
    allocation = await trial.registered()
    await trial.rig.trouble(Trouble.WRITE_LOST, count=1)
    is_undecided(await trial.driver.suspend(allocation, trial.spec.serial))
    await trial.rig.trouble(Trouble.REPLY_LOST, count=1)
    is_a(Applied, await trial.driver.suspend(allocation, trial.spec.serial))
    same((await trial.rig.truth()).suspended, {trial.spec.serial}, "suspended")


@check(Can.CHANGE_PROFILE)
async def a_change_of_speed_keeps_the_place(trial: Trial) -> None:
    """Profiles and flow are as specified afterwards, at the same ids."""
    allocation, other = await trial.registered(), trial.rig.other_speed(trial.spec)
    is_a(Applied, await trial.driver.change_profile(other, allocation))
    truth = await trial.stands(other, allocation)
    names = (other.line_profile, other.service_profile)
    same(truth.profiles[other.serial], names, "the profiles")
    speed = (other.traffic_in, other.traffic_out)
    same(truth.speeds[allocation.service_port], speed, "the speed")


@check(Can.CHANGE_PROFILE)
async def changing_to_what_it_is_writes_nothing(trial: Trial) -> None:
    """Also right after the change."""
    allocation, other = await trial.registered(), trial.rig.other_speed(trial.spec)
    is_a(NoChange, await trial.driver.change_profile(trial.spec, allocation))
    await trial.driver.change_profile(other, allocation)
    before = await trial.rig.truth()
    is_a(NoChange, await trial.driver.change_profile(other, allocation))
    await trial.untouched(before)


@check(Can.CHANGE_PROFILE)
async def a_change_that_was_interrupted_goes_on_where_it_stopped(trial: Trial) -> None:
    """After any of its writes."""
    allocation, other = await trial.registered(), trial.rig.other_speed(trial.spec)
    for _ in range(_INTERRUPTIONS):
        await trial.rig.trouble(Trouble.SILENT_AFTER_WRITE, count=1)
        answer = await trial.driver.change_profile(other, allocation)
        await trial.rig.calm()
        if isinstance(answer, Applied | NoChange):
            break
        insist(answer.may_retry, f"{answer!r} may be repeated")
    await trial.driver.change_profile(other, allocation)
    truth = await trial.stands(other, allocation)
    speed = (other.traffic_in, other.traffic_out)
    same(truth.speeds[allocation.service_port], speed, "the speed")


@check(Can.CHANGE_PROFILE)
async def a_change_to_a_missing_profile_leaves_the_service_as_it_was(trial: Trial) -> None:
    """The subscriber keeps the old speed, and the profile is named."""
    allocation = await trial.registered()
    wrong = msgspec.structs.replace(trial.spec, line_profile="NO-SUCH")
    failure = is_a(ProfileMissing, await trial.driver.change_profile(wrong, allocation))
    same(failure.name, "NO-SUCH", "the name")
    await trial.stands(trial.spec, allocation)


@check(Can.CHANGE_PROFILE)
async def a_stranger_is_never_changed(trial: Trial) -> None:
    """Guarded by the serial."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    await trial.rig.register_by_hand(other, allocation.ref)
    before = await trial.rig.truth()
    is_a(ForeignOnt, await trial.driver.change_profile(trial.spec, allocation))
    await trial.untouched(before)


@check(Can.SWAP)
async def a_swapped_ont_has_the_place_of_the_old_one(trial: Trial) -> None:
    """With its flow, and the old one is gone."""
    allocation, new = await trial.registered(), trial.rig.spec(1)
    is_a(Applied, await trial.driver.swap(new, allocation, trial.spec.serial))
    truth = await trial.stands(new, allocation)
    insist(trial.spec.serial not in truth.registered, "the old ONT is gone")
    same((await trial.observed(allocation.ref, new)).phase, Phase.ONLINE, "phase")


@check(Can.SWAP)
async def swapping_twice_writes_once(trial: Trial) -> None:
    """A retry after success must not even try to write."""
    allocation, new = await trial.registered(), trial.rig.spec(1)
    await trial.driver.swap(new, allocation, trial.spec.serial)
    before = await trial.rig.truth()
    is_a(NoChange, await trial.driver.swap(new, allocation, trial.spec.serial))
    await trial.untouched(before)


@check(Can.SWAP)
async def a_swap_that_was_interrupted_goes_on_where_it_stopped(trial: Trial) -> None:
    """After any of its writes; in the end one ONT stands there, the new one."""
    allocation, new = await trial.registered(), trial.rig.spec(1)
    for _ in range(_INTERRUPTIONS):
        await trial.rig.trouble(Trouble.SILENT_AFTER_WRITE, count=1)
        answer = await trial.driver.swap(new, allocation, trial.spec.serial)
        await trial.rig.calm()
        if isinstance(answer, Applied | NoChange):
            break
        insist(answer.may_retry, f"{answer!r} may be repeated")
    await trial.driver.swap(new, allocation, trial.spec.serial)
    truth = await trial.stands(new, allocation)
    same(set(truth.registered), {new.serial}, "registered")


@check(Can.SWAP)
async def a_swap_whose_new_profile_is_missing_says_what_was_done(trial: Trial) -> None:
    """The old ONT may be gone by then; the same call with a right profile ends well."""
    allocation, new = await trial.registered(), trial.rig.spec(1)
    wrong = msgspec.structs.replace(new, line_profile="NO-SUCH")
    answer = await trial.driver.swap(wrong, allocation, trial.spec.serial)
    because = answer.because if isinstance(answer, PartlyApplied) else answer
    is_a(ProfileMissing, because)
    is_a(Applied, await trial.driver.swap(new, allocation, trial.spec.serial))
    await trial.stands(new, allocation)


@check(Can.SWAP)
async def a_stranger_is_never_swapped(trial: Trial) -> None:
    """Neither the old nor the new one stands there."""
    allocation = await trial.allocation()
    await trial.rig.register_by_hand(trial.rig.spec(2), allocation.ref)
    before = await trial.rig.truth()
    is_a(IdTaken, await trial.driver.swap(trial.rig.spec(1), allocation, trial.spec.serial))
    await trial.untouched(before)


@check(Can.REBOOT)
async def an_ont_is_restarted_once(trial: Trial) -> None:
    """It comes up again by itself."""
    allocation = await trial.registered()
    is_a(Rebooting, await trial.driver.reboot(allocation.ref, trial.spec.serial))
    same((await trial.rig.truth()).restarts, {trial.spec.serial: 1}, "restarts")


@check(Can.REBOOT)
async def a_stranger_is_never_restarted(trial: Trial) -> None:
    """Guarded by the serial."""
    ref = OntRef(port=trial.rig.port, ont_id=4)
    await trial.rig.register_by_hand(trial.rig.spec(1), ref)
    is_a(ForeignOnt, await trial.driver.reboot(ref, trial.spec.serial))
    nothing((await trial.rig.truth()).restarts, "restarts")


@check(Can.SAVE_CONFIGURATION)
async def the_configuration_is_saved(trial: Trial) -> None:
    """So that a restart loses nothing."""
    await trial.registered()
    is_a(Saved, await trial.driver.save_configuration())


@check(Can.LIST_REGISTERED)
async def what_is_registered_on_a_port_is_listed(trial: Trial) -> None:
    """For adoption and for comparing with the inventory."""
    allocation = await trial.registered()
    await trial.rig.register_by_hand(trial.rig.spec(1), OntRef(port=trial.rig.other_port, ont_id=1))
    (row,) = listed(await trial.driver.list_registered(trial.rig.port))
    same((row.ref, row.serial, row.active), (allocation.ref, trial.spec.serial, True), "the row")
    names = (trial.spec.line_profile, trial.spec.service_profile)
    same((row.line_profile, row.service_profile), names, "the profiles")


@check(Can.LIST_SERVICE_PORTS)
async def the_service_ports_of_an_olt_are_listed(trial: Trial) -> None:
    """With the VLANs and the numbers that an allocation has."""
    first = await trial.registered()
    second = await trial.registered(trial.rig.spec(1))
    found = listed(await trial.driver.list_service_ports())
    wanted = {(each.ref, each.service_port) for each in (first, second)}
    same({(each.ref, each.service_port) for each in found}, wanted, "the service ports")
    vlans = (trial.spec.vlan, trial.spec.user_vlan)
    same({(each.vlan, each.user_vlan) for each in found}, {vlans}, "their VLANs")


@check(Can.POLL)
async def a_poll_tells_who_is_up_and_who_is_not(trial: Trial) -> None:
    """Of one port, with serials, from the OLT's own memory."""
    first, other = await trial.registered(), trial.rig.spec(1)
    second = await trial.registered(other)
    await trial.rig.unplug(other.serial)
    polled = listed(await trial.driver.poll(trial.rig.port))
    found = {each.ref: (each.serial, each.phase) for each in polled}
    wanted = {
        first.ref: (trial.spec.serial, Phase.ONLINE),
        second.ref: (other.serial, Phase.OFFLINE),
    }
    same(found, wanted, "what was polled")
    down = next(each for each in polled if each.ref == second.ref)
    insist(bool(down.down_cause), "the cause is told")


@check(Can.POLL)
async def a_poll_that_is_cut_short_says_so(trial: Trial) -> None:
    """Who is missing from it is not down."""
    await trial.registered()
    await trial.registered(trial.rig.spec(1))
    await trial.rig.trouble(Trouble.WALK_CUT)
    answer = await trial.driver.poll(trial.rig.port)
    is_cut = isinstance(answer, ListingIncomplete) or (
        isinstance(answer, Listing) and not answer.complete
    )
    insist(is_cut, f"got {answer!r}")
    await trial.rig.calm()
    await trial.rig.trouble(Trouble.SILENT)
    is_a(OltUnreachable, await trial.driver.poll(trial.rig.port))


_INTERRUPTIONS = 8
"""More than any of these verbs has writes."""
