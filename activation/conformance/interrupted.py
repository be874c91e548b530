"""Verbs that were cut off or come to a place that changed meanwhile, and are called again."""

from activation.conformance.check import Trial, check, insist, is_a, nothing, same
from activation.conformance.rig import Trouble
from activation.conformance.trouble import is_undecided
from activation.driver import DriverCapability as Can
from activation.failures import ForeignOnt, ListingIncomplete, OntNotRegistered, OutcomeUnknown
from activation.requests import Applied, Listing, NoChange, OntRef, Rebooting, Removed


@check(Can.REGISTER)
async def a_registration_that_the_olt_lost_is_made_again_at_its_place(trial: Trial) -> None:
    """As after a restart without a save: the ids are persisted, the rows are gone."""
    allocation = await trial.registered()
    await trial.rig.remove_by_hand(trial.spec.serial)
    is_a(OntNotRegistered, await trial.driver.observe(allocation.ref, trial.spec.serial))
    is_a(Applied, await trial.driver.apply(trial.spec, allocation))
    truth = await trial.rig.truth()
    same(truth.registered, {trial.spec.serial: allocation.ref}, "registrations")


@check(Can.REGISTER)
async def a_removal_that_was_interrupted_goes_on_where_it_stopped(trial: Trial) -> None:
    """After its first write nothing answers; the same call later ends with nothing left."""
    allocation = await trial.registered()
    await trial.rig.trouble(Trouble.SILENT_AFTER_WRITE, count=1)
    is_undecided(await trial.driver.remove(allocation, trial.spec.serial))
    await trial.rig.calm()
    answer = await trial.driver.remove(allocation, trial.spec.serial)
    insist(isinstance(answer, Removed | NoChange), f"got {answer!r}")
    truth = await trial.rig.truth()
    nothing({**truth.registered, **truth.flows}, "what is left")


@check(Can.SUSPEND)
async def a_resumption_that_was_interrupted_goes_on_where_it_stopped(trial: Trial) -> None:
    """Lost on its way it is unknown, and then repeated."""
    allocation = await trial.registered()
    is_a(Applied, await trial.driver.suspend(allocation, trial.spec.serial))
    await trial.rig.trouble(Trouble.WRITE_LOST, count=1)
    is_undecided(await trial.driver.resume(allocation, trial.spec.serial))
    same((await trial.rig.truth()).suspended, {trial.spec.serial}, "suspended meanwhile")
    is_a(Applied, await trial.driver.resume(allocation, trial.spec.serial))
    nothing((await trial.stands(trial.spec, allocation)).suspended, "suspended")


@check(Can.SUSPEND)
async def a_stranger_is_never_resumed(trial: Trial) -> None:
    """Who is suspended at our old ids stays so."""
    allocation, other = await trial.allocation(), trial.rig.spec(1)
    await trial.rig.register_by_hand(other, allocation.ref)
    before = await trial.rig.truth()
    is_a(ForeignOnt, await trial.driver.resume(allocation, trial.spec.serial))
    await trial.untouched(before)


@check(Can.SUSPEND)
async def an_empty_place_cannot_be_resumed(trial: Trial) -> None:
    """Nothing is there; it is not registered by the way."""
    allocation = await trial.allocation()
    before = await trial.rig.truth()
    is_a(OntNotRegistered, await trial.driver.resume(allocation, trial.spec.serial))
    await trial.untouched(before)


@check(Can.CHANGE_PROFILE)
async def an_empty_place_cannot_be_changed(trial: Trial) -> None:
    """Registering is for ``apply``, which looks first."""
    allocation = await trial.allocation()
    before = await trial.rig.truth()
    is_a(OntNotRegistered, await trial.driver.change_profile(trial.spec, allocation))
    await trial.untouched(before)


@check(Can.SWAP)
async def a_swap_into_an_empty_place_ends_with_the_new_ont(trial: Trial) -> None:
    """It was cut off after the old ONT was removed, perhaps by another process."""
    allocation, new = await trial.registered(), trial.rig.spec(1)
    await trial.rig.remove_by_hand(trial.spec.serial)
    is_a(Applied, await trial.driver.swap(new, allocation, trial.spec.serial))
    await trial.stands(new, allocation)


@check(Can.REBOOT)
async def a_lost_order_to_restart_is_unknown_and_not_repeated(trial: Trial) -> None:
    """Only the caller, who looks at the ONT first, may send it again."""
    allocation = await trial.registered()
    before = await trial.rig.truth()
    await trial.rig.trouble(Trouble.WRITE_LOST, count=1)
    is_a(OutcomeUnknown, await trial.driver.reboot(allocation.ref, trial.spec.serial))
    truth = await trial.rig.truth()
    same(truth.writes - before.writes, 1, "the writes that arrived")
    nothing(truth.restarts, "restarts")


@check(Can.REBOOT)
async def an_order_to_restart_whose_answer_was_lost_is_not_repeated(trial: Trial) -> None:
    """A second one would take the subscriber down twice."""
    allocation = await trial.registered()
    await trial.rig.trouble(Trouble.REPLY_LOST, count=1)
    answer = await trial.driver.reboot(allocation.ref, trial.spec.serial)
    insist(isinstance(answer, Rebooting | OutcomeUnknown), f"got {answer!r}")
    same((await trial.rig.truth()).restarts, {trial.spec.serial: 1}, "restarts")


@check(Can.LIST_REGISTERED)
async def a_list_that_is_cut_short_says_so(trial: Trial) -> None:
    """Who is missing from it may well be registered."""
    for ont_id, spec in enumerate(trial.rig.strangers(3)):
        await trial.rig.register_by_hand(spec, OntRef(port=trial.rig.port, ont_id=ont_id))
    await trial.rig.trouble(Trouble.WALK_CUT)
    answer = await trial.driver.list_registered(trial.rig.port)
    is_cut = isinstance(answer, ListingIncomplete) or (
        isinstance(answer, Listing) and not answer.complete
    )
    insist(is_cut, f"got {answer!r}")
