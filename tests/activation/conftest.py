"""One simulated OLT per test module."""

from collections.abc import Generator

import pytest

from tests.activation.running_simulator import RunningSimulator, running_simulator

PLUGGED = tuple(f"HWTC0000000{n}" for n in range(1, 10))
ONT = {"come_up_s": 0.3, "sentinel_s": 0.2, "ont_rx_cdbm": -1940}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningSimulator]:
    """An OLT with nine ONTs waiting on port 0/1/0, one on 0/1/1 and one registered there."""
    scenario = {
        "ports": [{"name": "0/1/0"}, {"name": "0/1/1"}],
        "line_profiles": ["line-100"],
        "service_profiles": ["srv-hgu"],
        "traffic_tables": [{"name": "up-100", "index": 8}, {"name": "down-100", "index": 9}],
        "vlans": [100],
        "read_community": "reading",
        "write_community": "writing",
        "users": [{"name": "noc", "auth_key": "auth-password", "priv_key": "priv-password"}],
        "onts": [
            *({"serial": serial, "port": "0/1/0"} | ONT for serial in PLUGGED),
            {"serial": "HWTC0000000A", "port": "0/1/1"} | ONT,
        ],
        "registered": [
            {
                "serial": "HWTC0000000B",
                "port": "0/1/1",
                "ont_id": 4,
                "line_profile": "line-100",
                "service_profile": "srv-hgu",
            }
        ],
    }
    with running_simulator(tmp_path_factory.mktemp("olt"), scenario) as running:
        yield running
