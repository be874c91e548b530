"""The simulator as a process: started, read, stopped, and refused."""

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from activation.simulator import command
from tests.activation.simulator.factories import a_scenario, an_ont, registering
from tests.activation.simulator.test_agent import x690_values
from tests.activation.simulator.test_udp_proxy import client_of

DEADLINE_S = 30


def a_file(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "scenario.json"
    path.write_bytes(msgspec.json.encode(a_scenario(**changes)))
    return path


async def start(module: str, *arguments: str) -> tuple[Process, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)
    return process, json.loads(line)


async def stop(process: Process) -> str:
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 0
    return errors.decode()


async def test_simulator_and_proxy_play_a_registration_as_processes(tmp_path: Path) -> None:
    log = tmp_path / "olt.jsonl"
    scenario = a_file(tmp_path, onts=(an_ont(come_up_s=0.2, sentinel_s=0.1),))
    olt, ready = await start("activation.simulator", "--scenario", f"{scenario}", "--log", f"{log}")
    proxy, link = await start(
        "activation.simulator.udp_proxy", "--target-port", f"{ready['snmp_port']}"
    )
    await client_of(link["listen_port"]).multiset(x690_values(registering()))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ready['control_port']}", trust_env=False
    ) as control:
        events: list[dict[str, Any]] = []
        async with asyncio.timeout(DEADLINE_S):
            while not events:
                answer = await control.get("/events", params={"event": "ont.acceptable"})
                events = answer.json()
        stats = (await control.get("/stats")).json()
    assert (stats["set_requests"], stats["accepted_sets"]) == (1, 1)
    assert [await stop(proxy), await stop(olt)] == ["", ""]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        *("simulator.started", "set.accepted", "ont.up", "ont.acceptable", "simulator.stopped")
    ]
    instants = {line["event"]: datetime.fromisoformat(line["at"]) for line in lines}
    come_up = instants["ont.acceptable"] - instants["set.accepted"]
    assert come_up.total_seconds() == pytest.approx(0.3, abs=0.002)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--snmp-port", "70000"], 2, "<= 65535 - at `$.snmp_port`"),
        (["--snmp-port", "70000"], 2, "which holds 70000; right is a port from 0 to 65535"),
        (["--host", "256.0.0.1"], 1, "the simulator cannot start: '256.0.0.1' port 0: "),
        (["--host", "x\u00fc..y"], 1, "cannot start: 'x\u00fc..y' port 0: no name of a host"),
        (["--log", "/nowhere/at/all.jsonl"], 1, "choose other ports or another --log file"),
    ],
)
def test_what_cannot_be_started_says_why(
    tmp_path: Path,
    arguments: list[str],
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scenario = a_file(tmp_path)
    assert command.main(["--scenario", f"{scenario}", *arguments]) == status
    assert message in capsys.readouterr().err


def test_a_log_is_never_appended_to_its_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = a_file(tmp_path)
    before = scenario.read_bytes()
    assert command.main(["--scenario", f"{scenario}", "--log", f"{scenario}"]) == 2
    assert "is the scenario; give a file of its own" in capsys.readouterr().err
    assert scenario.read_bytes() == before


def test_a_port_that_is_no_number_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--scenario", f"{a_file(tmp_path)}", "--snmp-port", "many"])
    assert ended.value.code == 2
    assert "--snmp-port: 'many' is no whole number" in capsys.readouterr().err


def test_a_scenario_that_nests_without_end_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scenario.json"
    path.write_text("[" * 100_000)
    assert command.main(["--scenario", f"{path}"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "nests too deep" in captured.err


def test_a_wrong_scenario_ends_with_two_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"ports": [{"name": "9/9/9"}]}')
    assert command.main(["--scenario", f"{path}"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "$.ports[0].name`, which holds '9/9/9'" in captured.err
    assert captured.out == ""


async def test_without_pysnmp_the_command_names_the_extra_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pysnmp'] = None; sys.modules['litestar'] = None\n"
        "from activation.simulator.command import main\n"
        f"sys.exit(main(['--scenario', {str(a_file(tmp_path))!r}]))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=PIPE, stderr=PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 1
    assert errors.decode().rstrip().endswith("install firstlight[simulator]")


def test_firstlight_gets_the_subcommand_olt_simulator() -> None:
    parser = argparse.ArgumentParser()
    command.add_to(parser.add_subparsers())
    parsed = parser.parse_args(["olt-simulator", "--scenario", "olt.json"])
    assert parsed.run is command.run
    assert (parsed.host, parsed.snmp_port, parsed.log) == ("127.0.0.1", 0, None)
