"""Reading: who the OLT is, what it sees, and how one ONT stands."""

from activation.conformance.check import Trial, check, insist, is_a, listed, same
from activation.driver import DriverCapability as Can
from activation.failures import ForeignOnt, OntNotRegistered
from activation.requests import (
    Absent,
    At,
    ConfigState,
    NotReadable,
    OltInfo,
    OntRef,
    Phase,
    Reading,
)


@check(Can.DISCOVER)
async def the_olt_says_who_it_is_and_which_ports_it_has(trial: Trial) -> None:
    """And whether it is in a mode that the driver can write to."""
    info = is_a(OltInfo, await trial.driver.probe())
    insist(info.provisionable, "the OLT can be provisioned")
    insist(info.ports.complete, "the list of ports is complete")
    for port in (trial.rig.port, trial.rig.other_port):
        insist(port in info.ports.items, f"{port} is among the ports")


@check(Can.DISCOVER)
async def lit_onts_are_discovered_until_they_are_registered(trial: Trial) -> None:
    """With their port; of one port or of all."""
    await trial.registered()
    waiting = {trial.rig.spec(1).serial, trial.rig.spec(2).serial}
    for asked in (None, trial.rig.port):
        seen = listed(await trial.driver.discover(asked))
        same({each.serial for each in seen}, waiting, f"discovered on {asked or 'all'}")
        same({each.port for each in seen}, {trial.rig.port}, "their port")


@check(Can.DISCOVER)
async def one_port_tells_of_its_own_onts_alone(trial: Trial) -> None:
    """A port may be asked without the rest."""
    await trial.rig.unplug(trial.spec.serial)
    await trial.rig.plug(trial.spec.serial, trial.rig.other_port)
    seen = listed(await trial.driver.discover(trial.rig.other_port))
    same([each.serial for each in seen], [trial.spec.serial], "discovered")


@check(Can.LOCATE)
async def a_registered_serial_is_located_with_and_without_a_hint(trial: Trial) -> None:
    """A wrong hint costs time and no truth."""
    allocation = await trial.registered()
    for hints in ((), (trial.rig.port,), (trial.rig.other_port,)):
        located = await trial.driver.locate(trial.spec.serial, hints)
        same(located, At(ref=allocation.ref), f"located with hints {hints}")
    same(await trial.driver.locate(trial.rig.spec(1).serial), Absent(), "another serial")


@check(Can.REGISTER)
async def a_registered_ont_comes_up_as_itself(trial: Trial) -> None:
    """Online, configured, and the serial that the ONT tells."""
    allocation = await trial.registered()
    seen = await trial.observed(allocation.ref)
    same(seen.serial_registered, trial.spec.serial, "the serial registered")
    same(seen.serial_seen, trial.spec.serial, "the serial seen")
    same((seen.phase, seen.config), (Phase.ONLINE, ConfigState.NORMAL), "its state")


@check(Can.ONT_LIGHT)
async def the_light_of_an_ont_is_read_in_hundredths_of_dbm(trial: Trial) -> None:
    """Within a tenth of a dB, for vendors that round."""
    allocation = await trial.registered()
    light = is_a(Reading, (await trial.observed(allocation.ref)).ont_rx)
    insist(abs(light.power_cdbm - trial.rig.light) <= 10, f"read {light}, is {trial.rig.light}")  # noqa: PLR2004  a tenth of a dB


@check(Can.OLT_LIGHT)
async def the_olt_tells_what_it_receives_of_an_ont(trial: Trial) -> None:
    """The other direction."""
    allocation = await trial.registered()
    is_a(Reading, (await trial.observed(allocation.ref)).olt_rx)


@check(Can.ONT_LIGHT)
async def a_sentinel_is_never_a_light_level(trial: Trial) -> None:
    """An ONT that has just come up has told no level yet."""
    await trial.rig.unplug(trial.spec.serial)
    await trial.rig.plug(trial.spec.serial, trial.rig.port, is_readable=False)
    allocation = await trial.registered()
    seen = await trial.observed(allocation.ref)
    same(seen.phase, Phase.ONLINE, "phase")
    is_a(NotReadable, seen.ont_rx)
    is_a(NotReadable, seen.olt_rx)


@check(Can.REGISTER)
async def a_dark_ont_is_offline_without_light(trial: Trial) -> None:
    """What was measured before it went dark is not shown as if it were now."""
    allocation = await trial.registered()
    await trial.rig.unplug(trial.spec.serial)
    seen = await trial.observed(allocation.ref)
    same(seen.phase, Phase.OFFLINE, "phase")
    is_a(NotReadable, seen.ont_rx)


@check(Can.REGISTER)
async def an_empty_place_is_not_observed_as_an_ont(trial: Trial) -> None:
    """Such as after a restart of the OLT that lost its registration."""
    allocation = await trial.registered()
    await trial.rig.remove_by_hand(trial.spec.serial)
    is_a(OntNotRegistered, await trial.driver.observe(allocation.ref, trial.spec.serial))
    await trial.registered()
    await trial.stands(trial.spec, allocation)


@check(Can.REGISTER)
async def a_stranger_is_not_observed_as_ours(trial: Trial) -> None:
    """Ids are used again."""
    other = trial.rig.spec(1)
    ref = OntRef(port=trial.rig.port, ont_id=4)
    await trial.rig.register_by_hand(other, ref)
    failure = is_a(ForeignOnt, await trial.driver.observe(ref, trial.spec.serial))
    same(failure.found, other.serial, "who is there")
