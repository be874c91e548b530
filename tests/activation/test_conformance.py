"""Each built-in driver against the suite that third parties run, one test for each check."""

import asyncio

import pytest

from activation.conformance.check import Check
from activation.conformance.leaping import LeapingLoop
from activation.conformance.running import SUITE, Failed, run_one
from activation.conformance.simulated import rig_of
from activation.registry import BUILT_IN, find_driver

# What a driver owes does not depend on how its session speaks: v3 is tried with one here, and
# `python -m activation conformance --snmp v3` runs with any of them.
PAIRS = [*((name, "v2c") for name in BUILT_IN), ("huawei", "v3")]


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.name)
@pytest.mark.parametrize(("name", "snmp"), PAIRS)
def test_a_driver_passes_or_declares_that_it_cannot(name: str, snmp: str, check: Check) -> None:
    factory = find_driver(name)

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        result = runner.run(run_one(check, factory, rig_of(name, factory), snmp=snmp))

    assert not isinstance(result, Failed), result.reason
