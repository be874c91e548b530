"""The suite sees what a driver does wrong, and counts what it cannot do."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from activation.__main__ import main
from activation.conformance import command
from activation.conformance.command import RigUnknown, find_ground
from activation.conformance.running import SUITE, Failed, Missing, Result, run_one
from activation.conformance.simulated import rig_of
from activation.driver import DriverCapability, DriverFactory
from activation.drivers.huawei.olt import HuaweiOlt
from activation.failures import Failure
from activation.registry import BUILT_IN, find_driver
from activation.requests import (
    Allocation,
    Applied,
    NoChange,
    Observation,
    OntRef,
    OntSpec,
    Reading,
    Rebooting,
    Removed,
    Saved,
)
from sync_protocol.serials import OntSerial

BY_NAME = {check.name: check for check in SUITE}


async def result_of(name: str, factory: DriverFactory) -> Result:
    return await run_one(BY_NAME[name], factory, rig_of("huawei", factory), snmp="v2c")


class Pretends(HuaweiOlt):
    """Says that it registered, and did not."""

    async def apply(
        self,
        spec: OntSpec,  # noqa: ARG002  the signature of the verb
        allocation: Allocation,
    ) -> Applied | NoChange | Failure:
        return Applied(allocation=allocation)


class Careless(HuaweiOlt):
    """Removes whoever stands there."""

    async def remove(
        self, allocation: Allocation, expect: OntSerial
    ) -> Removed | NoChange | Failure:
        found = await self.observe(allocation.ref, expect)
        other = getattr(found, "found", expect)
        return await super().remove(allocation, OntSerial(other))


class Gullible(HuaweiOlt):
    """Takes the value that stands for none for a light level."""

    async def observe(self, ref: OntRef, expect: OntSerial) -> Observation | Failure:
        seen = await super().observe(ref, expect)
        if not isinstance(seen, Observation):
            return seen
        return msgspec.structs.replace(seen, ont_rx=Reading(power_cdbm=-8000))


class Raising(HuaweiOlt):
    """Raises where it should answer."""

    async def remove(
        self,
        allocation: Allocation,  # noqa: ARG002  the signature of the verb
        expect: OntSerial,  # noqa: ARG002  the same
    ) -> Removed | NoChange | Failure:
        raise TimeoutError("the OLT does not answer")


class Insistent(HuaweiOlt):
    """Sends an order to restart again when it is not sure of the first."""

    async def reboot(self, ref: OntRef, expect: OntSerial) -> Rebooting | Failure:
        await super().reboot(ref, expect)
        return await super().reboot(ref, expect)


class Modest(HuaweiOlt):
    """Does what it does not declare."""

    async def save_configuration(self) -> Saved | Failure:
        return Saved()


MISTAKES: Mapping[DriverFactory, tuple[str, str]] = {
    Pretends: ("a_lit_ont_is_registered_where_it_is_seen", "found None"),
    Careless: ("a_stranger_is_never_removed", "expected ForeignOnt, got Removed"),
    Gullible: ("a_sentinel_is_never_a_light_level", "expected NotReadable, got Reading"),
    Raising: ("removing_twice_writes_once", "raised TimeoutError: the OLT does not answer"),
    Insistent: ("an_order_to_restart_whose_answer_was_lost_is_not_repeated", "restarts: expected"),
    Modest: ("the_configuration_is_saved", "save_configuration is not declared: Saved()"),
}


@pytest.mark.parametrize("driver", MISTAKES, ids=str)
async def test_a_driver_with_a_mistake_fails_with_a_reason(driver: DriverFactory) -> None:
    name, reason = MISTAKES[driver]

    result = await result_of(name, driver)

    assert isinstance(result, Failed)
    assert reason in result.reason


async def test_what_a_driver_declares_that_it_cannot_do_is_missing_and_not_passed() -> None:
    name = "the_configuration_is_saved"

    assert await result_of(name, HuaweiOlt) == Missing(
        check=name, capability=DriverCapability.SAVE_CONFIGURATION
    )


def test_each_check_has_a_name_of_its_own_and_a_sentence() -> None:
    assert len(BY_NAME) == len(SUITE)
    assert all(check.run.__doc__ for check in SUITE)


def test_the_command_prints_a_line_for_each_check_and_the_count(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [BY_NAME["removing_twice_writes_once"], BY_NAME["the_configuration_is_saved"]]
    monkeypatch.setattr(command, "SUITE", chosen)
    monkeypatch.setattr("sys.argv", ["activation", "conformance"])

    status = main()

    assert (status, capsys.readouterr().out.splitlines()) == (
        0,
        [
            "ok       removing_twice_writes_once",
            "missing  the_configuration_is_saved: save_configuration is not declared",
            "huawei over v2c: 1 of 2 (1 missing, 0 failed)",
        ],
    )


def test_a_driver_without_an_olt_to_run_on_is_told_which_there_are() -> None:
    with pytest.raises(RigUnknown, match=r"for driver 'acme'; simulated are .*huawei"):
        find_ground("acme", HuaweiOlt)


def test_an_unknown_driver_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["activation", "conformance", "--driver", "acme"])

    assert main() == 2
    assert "'acme' is no OLT driver; known are" in capsys.readouterr().err


DRIVERS_TOLD = Path(__file__).parents[2] / "docs" / "drivers.md"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_documented_numbers_are_those_of_the_declared_capabilities(name: str) -> None:
    """That a driver passes what it declares, another test runs; here only the counts are told."""
    can = find_driver(name).capabilities
    passed = sum(check.needs in can for check in SUITE)

    (row,) = [
        line
        for line in DRIVERS_TOLD.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{name}`")
    ]
    assert f"| {passed} of {len(SUITE)} over v2c and over v3;" in row
