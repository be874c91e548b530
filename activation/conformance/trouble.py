"""What the way between driver and OLT does to a request, and what may be believed afterwards."""

from activation.conformance.check import NotConforming, Trial, check, insist, is_a, nothing, same
from activation.conformance.rig import Trouble
from activation.driver import DriverCapability as Can
from activation.failures import (
    AuthRejected,
    Failure,
    ListingIncomplete,
    OltBusy,
    OltUnreachable,
    OutcomeUnknown,
    PartlyApplied,
)
from activation.requests import (
    Absent,
    Allocation,
    Applied,
    Located,
    NoChange,
    OntRef,
    Promised,
    Removed,
)


def is_undecided(answer: object) -> OutcomeUnknown:
    """Insist on a failure that says: nobody knows, ask again with the same ids."""
    deepest = answer.because if isinstance(answer, PartlyApplied) else answer
    unknown = is_a(OutcomeUnknown, deepest)
    insist(unknown.may_retry, "an unknown outcome may be asked about again")
    return unknown


@check(Can.REGISTER)
async def an_olt_that_is_silent_is_unreachable_and_untouched(trial: Trial) -> None:
    """Nothing that writes was sent."""
    allocation = await trial.allocation()
    before = await trial.rig.truth()
    await trial.rig.trouble(Trouble.SILENT)
    failure = is_a(OltUnreachable, await trial.driver.apply(trial.spec, allocation))
    same((failure.touched_device, failure.may_retry), (False, True), "touched, may retry")
    await trial.rig.calm()
    await trial.untouched(before)


@check(Can.REGISTER)
async def an_olt_that_is_busy_is_busy(trial: Trial) -> None:
    """It answered that it cannot: nothing was done, and one may ask again."""
    allocation = await trial.allocation()
    await trial.rig.trouble(Trouble.BUSY)
    failure = is_a(OltBusy, await trial.driver.apply(trial.spec, allocation))
    same((failure.touched_device, failure.may_retry), (False, True), "touched, may retry")
    await trial.rig.calm()
    nothing((await trial.rig.truth()).registered, "registrations")


@check(Can.REGISTER)
async def who_may_not_write_is_told_so(trial: Trial) -> None:
    """A person corrects the credentials; repeating does not help."""
    allocation = await trial.allocation()
    failure = is_a(AuthRejected, await trial.rig.reader.apply(trial.spec, allocation))
    same((failure.touched_device, failure.may_retry), (False, False), "touched, may retry")


@check(Can.DISCOVER)
async def who_is_not_known_learns_nothing(trial: Trial) -> None:
    """Silence or a refusal, depending on the protocol; never an empty list."""
    failure = await trial.rig.stranger.discover(trial.rig.port)
    insist(isinstance(failure, OltUnreachable | AuthRejected), f"got {failure!r}")


@check(Can.REGISTER)
async def a_lost_answer_is_made_up_for_by_reading(trial: Trial) -> None:
    """The write took effect; the same must not be written again."""
    allocation = await trial.allocation()
    await trial.rig.trouble(Trouble.REPLY_LOST, count=2)
    is_a(Applied, await trial.driver.apply(trial.spec, allocation))
    truth = await trial.rig.truth()
    same(truth.registered.get(trial.spec.serial), allocation.ref, "where it is registered")


@check(Can.REGISTER)
async def a_lost_write_is_unknown_and_then_repeated(trial: Trial) -> None:
    """Its datagram may still be on its way, so that reading nothing proves nothing."""
    allocation = await trial.allocation()
    await trial.rig.trouble(Trouble.WRITE_LOST, count=1)
    is_undecided(await trial.driver.apply(trial.spec, allocation))
    is_a(Applied, await trial.driver.apply(trial.spec, allocation))
    truth = await trial.rig.truth()
    same(truth.registered, {trial.spec.serial: allocation.ref}, "registrations")


@check(Can.SERVICE_FLOW)
async def silence_after_a_write_is_unknown_and_goes_on_from_there(trial: Trial) -> None:
    """Neither answer nor read-back: the same call later finds what was done."""
    allocation = await trial.allocation()
    await trial.rig.trouble(Trouble.SILENT_AFTER_WRITE, count=1)
    failure = is_undecided(await trial.driver.apply(trial.spec, allocation))
    same(failure.touched_device, None, "touched")
    await trial.rig.calm()
    is_a(Applied, await trial.driver.apply(trial.spec, allocation))
    await trial.stands(trial.spec, allocation)


@check(Can.REGISTER)
async def a_lost_answer_to_a_removal_is_made_up_for_by_reading(trial: Trial) -> None:
    """As with registering."""
    allocation = await trial.registered()
    await trial.rig.trouble(Trouble.REPLY_LOST, count=2)
    is_a(Removed, await trial.driver.remove(allocation, trial.spec.serial))
    nothing((await trial.rig.truth()).registered, "registrations")


@check(Can.REGISTER)
async def a_lost_removal_is_unknown_and_then_repeated(trial: Trial) -> None:
    """As with registering."""
    allocation = await trial.registered()
    await trial.rig.trouble(Trouble.WRITE_LOST, count=1)
    is_undecided(await trial.driver.remove(allocation, trial.spec.serial))
    answer = await trial.driver.remove(allocation, trial.spec.serial)
    insist(isinstance(answer, Removed | NoChange), f"got {answer!r}")
    truth = await trial.rig.truth()
    nothing({**truth.registered, **truth.flows}, "what is left")


@check(Can.REGISTER)
async def a_walk_that_is_cut_short_gives_no_id_that_is_taken(trial: Trial) -> None:
    """Either the driver notices, or it never needed the walk."""
    ids = range(20)
    for ont_id, spec in zip(ids, trial.rig.strangers(len(ids)), strict=True):
        await trial.rig.register_by_hand(spec, OntRef(port=trial.rig.port, ont_id=ont_id))
    await trial.rig.trouble(Trouble.WALK_CUT)
    answer = await trial.driver.next_allocation(trial.rig.port, promised=Promised())
    match answer:
        case Allocation(ref=ref):
            insist(ref.ont_id not in ids, f"{ref} is taken")
        case ListingIncomplete():
            insist(answer.may_retry, "a walk that was cut short may be repeated")
        case _:
            raise NotConforming(f"expected an incomplete listing, got {answer!r}")


@check(Can.LOCATE)
async def a_walk_that_is_cut_short_never_means_absent(trial: Trial) -> None:
    """The serial may stand behind the cut of the first walk; what others tell may show it."""
    for ont_id, spec in enumerate(trial.rig.strangers(5)):
        await trial.rig.register_by_hand(spec, OntRef(port=trial.rig.other_port, ont_id=ont_id))
    ref = OntRef(port=trial.rig.other_port, ont_id=9)
    await trial.rig.register_by_hand(trial.spec, ref)
    await trial.rig.trouble(Trouble.WALK_CUT, count=1)
    answer: Located | Failure = await trial.driver.locate(trial.spec.serial)
    insist(not isinstance(answer, Absent), "it is called absent, and is not")
