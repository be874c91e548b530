"""What an engineer asks at the shell, and what wrong input says."""

import argparse
import re
import subprocess
import sys

import pytest

from activation.command import add_questions, add_to
from activation.credentials import COMMUNITY_VARIABLE
from tests.activation.running_simulator import RunningSimulator


def run(*words: str) -> int:
    parser = argparse.ArgumentParser(prog="olt")
    add_questions(parser)
    arguments = parser.parse_args(words)
    return arguments.run(arguments)


@pytest.fixture(autouse=True)
def community(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMMUNITY_VARIABLE, "reading")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("probe",), "2 PON ports: 0/1/0 0/1/1"),
        (("unregistered",), "HWTC00000001 0/1/0"),
        (("unregistered", "--pon", "0/1/1"), "HWTC0000000A 0/1/1"),
        (("light", "--ont", "0/1/1:4", "--serial", "HWTC-0000-000B"), "at 0/1/1:4: offline"),
    ],
)
def test_a_question_is_answered_by_the_olt(
    simulator: RunningSimulator,
    capsys: pytest.CaptureFixture[str],
    question: tuple[str, ...],
    said: str,
) -> None:
    status = run(*question, "127.0.0.1", "--port", str(simulator.snmp_port))

    assert said in capsys.readouterr().out
    assert status == 0


def test_a_failure_is_one_sentence_with_its_code(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(
        "light", "127.0.0.1", "--port", str(simulator.snmp_port),
        "--ont", "0/1/1:4", "--serial", "HWTC00000001",
    )  # fmt: skip

    assert status == 1
    assert capsys.readouterr().err.startswith("ONT_FOREIGN: 0/1/1:4 holds HWTC0000000B")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("light", "h", "--ont", "0/1", "--serial", "HWTC00000001"), "'0/1' is no ONT place"),
        (("light", "h", "--ont", "0/1:5", "--serial", "HWTC00000001"), "'0/1' is not a PON port"),
        (("light", "h", "--ont", "0/1/0:x", "--serial", "HWTC00000001"), "like 0/1/0:5"),
        (("light", "h", "--ont", "0/1/0:5", "--serial", "HWTC"), "'HWTC' is not an ONT serial"),
        (("unregistered", "h", "--pon", "1"), "'1' is not a PON port"),
        (("probe", "h", "--port", "99999"), "'99999' is no number from 1 to 65535"),
        (("probe", "h", "--timeout-ms", "fast"), "'fast' is no number from 10 to 60000"),
        (("light", "h", "--ont", "0/1/0:1021", "--serial", "x"), "'0/1/0:1021' is no ONT place"),
        (("probe", ""), "'' is no host; write a name or an address like 192.0.2.7"),
        (("probe", "127.0.0.1:161"), "'127.0.0.1:161' is no host; .* its port as --port"),
        (("probe", "256.0.0.1"), "'256.0.0.1' is no host"),
        (("probe", "my olt"), "'my olt' is no host"),
        (("probe", "x" * 64), "is no host"),
        (("probe", "x\u00fc..y"), "is no host"),
        (("probe", "h", "--community-variable", ""), "'' is no name of an environment variable"),
        (("probe",), "host"),
        (("ping", "h"), "invalid choice: 'ping'"),
    ],
)
def test_wrong_input_is_named_with_what_would_be_right(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(*words)

    assert stopped.value.code == 2
    assert re.search(said.replace("(", r"\("), capsys.readouterr().err)


@pytest.mark.parametrize(
    "host",
    ["olt-1", "olt_1.lan", "olt.example.", "192.0.2.7", "2001:db8::7", "m\u00fcnchen.example"],
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    parser = argparse.ArgumentParser()
    add_questions(parser)
    assert parser.parse_args(["probe", host]).host == host


def test_a_community_that_cannot_be_sent_is_refused_and_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(COMMUNITY_VARIABLE, "gr\u00fc\u00dfe")

    assert run("probe", "127.0.0.1") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"environment variable {COMMUNITY_VARIABLE} holds a character")
    assert "gr" not in said.replace("environment", "").replace("character", "")


def test_an_unknown_driver_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("probe", "127.0.0.1", "--driver", "hauwei") == 2
    assert "known are huawei" in capsys.readouterr().err


def test_a_missing_community_names_its_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(COMMUNITY_VARIABLE)

    assert run("probe", "127.0.0.1") == 2
    assert COMMUNITY_VARIABLE in capsys.readouterr().err


def test_the_questions_are_a_subcommand_of_firstlight() -> None:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())

    arguments = parser.parse_args(["olt", "probe", "olt.test"])

    assert callable(arguments.run)


def test_the_module_runs_by_itself() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "activation", "--help"], capture_output=True, text=True, check=False
    )

    assert helped.returncode == 0
    assert "unregistered" in helped.stdout
