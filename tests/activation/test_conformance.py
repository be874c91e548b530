"""Each built-in driver against the suite that third parties run, one test for each check."""

import pytest

from activation.conformance.check import Check
from activation.conformance.command import VERSIONS
from activation.conformance.running import SUITE, Failed, run_one
from activation.conformance.simulated import rig_of
from activation.registry import BUILT_IN, find_driver


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.name)
@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("snmp", VERSIONS)
async def test_a_driver_passes_or_declares_that_it_cannot(
    name: str, check: Check, snmp: str
) -> None:
    factory = find_driver(name)

    result = await run_one(check, factory, rig_of(name, factory), snmp=snmp)

    assert not isinstance(result, Failed), result.reason
