"""A dry run shows what an activation would write, and writes nothing."""

import re
from pathlib import Path

import pytest

from activation.credentials import AUTH_KEY_VARIABLE, COMMUNITY_VARIABLE, PRIV_KEY_VARIABLE
from activation.drivers.huawei.olt import HuaweiOlt
from activation.dry_run import DryRun, names_of, rehearse, told
from activation.prechecks import Register, Resume
from activation.recording import RecordingSession, recorded, shown
from activation.requests import Allocation, Applied, NoChange, OntRef
from tests.activation.fake_olt import PORT, SERIAL, FakeOlt, a_spec
from tests.activation.running_simulator import RunningSimulator, running_simulator
from tests.activation.test_command import run

WORDS: tuple[str, ...] = (
    "dry-run", "127.0.0.1", "--pon", "0/1/0", "--serial", "HWTC00000001",
    "--line-profile", "line-100", "--service-profile", "srv-hgu", "--vlan", "100",
    "--traffic-in", "up-100", "--traffic-out", "down-100",
)  # fmt: skip


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMMUNITY_VARIABLE, "reading")
    monkeypatch.setenv(AUTH_KEY_VARIABLE, "auth-password")
    monkeypatch.setenv(PRIV_KEY_VARIABLE, "priv-password")


@pytest.mark.parametrize("options", [(), ("--v3-user", "noc")])
def test_every_value_is_shown_and_none_is_sent(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    assert run(*WORDS, "--port", str(simulator.snmp_port), *options) == 0

    said = capsys.readouterr().out
    assert "would register at 0/1/0:0, service port 1" in said
    assert re.search(r"= 0x4857544300000001 +\(ont_serial\)", said)
    assert "SET 2, " in said
    assert said.endswith("these are all; nothing was sent\n")
    assert simulator.sets() == 0
    assert "HWTC00000001" not in simulator.registered()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--serial": "HWTC000000FF"}, "would stop: ONT_NOT_SEEN"),
        ({"--line-profile": "line-7"}, "would stop: PROFILE_MISSING"),
        ({"--line-profile": "x" * 40}, "is no profile name; it has 1 to 32"),
        ({"--serial": "HWTC0000000A"}, "would stop: ONT_WRONG_PON"),
    ],
)
def test_an_obstacle_is_told_instead(
    simulator: RunningSimulator,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    said: str,
) -> None:
    words = list(WORDS)
    for option, value in changes.items():
        words[words.index(option) + 1] = value

    run(*words, "--port", str(simulator.snmp_port))

    assert said in capsys.readouterr().out
    assert simulator.sets() == 0


async def test_what_is_shown_is_what_an_activation_sends() -> None:
    olt = FakeOlt()
    olt.plug_in(SERIAL)
    dry = await rehearse(HuaweiOlt, olt, PORT, a_spec())
    assert isinstance(dry, DryRun)
    assert isinstance(dry.decision, Register)

    driver = HuaweiOlt(RecordingSession(FakeOlt()))
    with recorded() as recording:
        applied = await driver.apply(a_spec(), dry.decision.allocation)

    assert isinstance(applied, Applied)
    sent = [each.asked for each in recording.entries if each.verb == "set"]
    assert sent == [
        tuple(f"{each.oid} = {shown(each.value)}" for each in bindings) for bindings in dry.requests
    ]


async def test_an_ont_that_is_as_wanted_already_needs_nothing() -> None:
    olt = FakeOlt()
    allocation = Allocation(ref=OntRef(port=PORT, ont_id=5), service_port=1)
    await HuaweiOlt(olt).apply(a_spec(), allocation)

    dry = await rehearse(HuaweiOlt, olt, PORT, a_spec())

    assert isinstance(dry, DryRun)
    assert dry.decision == Resume(allocation=allocation)
    assert isinstance(dry.ended, NoChange)
    assert told(dry, {})[-1] == "everything is as wanted already; there is nothing to send"


def test_a_mailbox_shows_its_first_write_and_says_that_more_depends_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = {
        "vendor": "vsol",
        "ports": [{"name": "0/0/1"}],
        "line_profiles": ["line-100"],
        "service_profiles": ["srv-hgu"],
        "traffic_tables": [{"name": "up-100", "index": 8}, {"name": "down-100", "index": 9}],
        "vlans": [100],
        "read_community": "reading",
        "onts": [{"serial": "HWTC00000001", "port": "0/0/1"}],
    }
    words = list(WORDS)
    words[words.index("0/1/0")] = "0/0/1"
    with running_simulator(tmp_path, scenario) as olt:
        assert run(*words, "--port", str(olt.snmp_port), "--driver", "vsol") == 0
        assert olt.sets() == 0

    said = capsys.readouterr().out
    assert "SET 1, " in said
    assert "what follows depends on what the OLT holds after these" in said


@pytest.mark.parametrize(
    ("options", "variable", "value", "said"),
    [
        (("--v3-user", "noc"), AUTH_KEY_VARIABLE, "", f"{AUTH_KEY_VARIABLE} is empty"),
        (("--v3-user", "noc"), PRIV_KEY_VARIABLE, "seven77", f"{PRIV_KEY_VARIABLE} is too short"),
        (("--v3-user", "noc"), PRIV_KEY_VARIABLE, "gr\u00fc\u00dfeeeee", "holds a character that"),
        (("--v3-user", ""), PRIV_KEY_VARIABLE, "priv-password", "--v3-user is empty"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_not_shown(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    variable: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(variable, value)

    assert run("probe", "127.0.0.1", *options) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert value == "" or value not in complaint


def test_a_wrong_key_is_a_rejection_that_shows_no_key(
    simulator: RunningSimulator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(AUTH_KEY_VARIABLE, "another-password")

    assert run("probe", "127.0.0.1", "--port", str(simulator.snmp_port), "--v3-user", "noc") == 1
    said = capsys.readouterr().err
    assert said.startswith("AUTH_REJECTED")
    assert "another-password" not in said


def test_a_driver_without_named_oids_still_shows_them() -> None:
    class Nameless(HuaweiOlt):
        pass

    assert names_of(Nameless) == {}
    assert "ont_serial" in names_of(HuaweiOlt).values()


ALONE: tuple[str, ...] = (
    "dry-run", "127.0.0.1", "--driver", "zte", "--pon", "1/1/1", "--serial", "HWTC00000001",
    "--service-profile", "ZTE-F660",
)  # fmt: skip


def test_a_registration_alone_is_rehearsed_and_none_of_it_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = {
        "vendor": "zte",
        "ports": [{"name": "1/1/1"}],
        "read_community": "reading",
        "onts": [{"serial": "HWTC00000001", "port": "1/1/1"}],
    }
    with running_simulator(tmp_path, scenario) as olt:
        assert run(*ALONE, "--registration-alone", "--port", str(olt.snmp_port)) == 0
        said = capsys.readouterr().out
        assert (olt.sets(), olt.registered()) == (0, {})

    assert "would register at 1/1/1:1" in said
    assert "SET 1, 5 varbinds:" in said
    assert re.search(r"= 'ZTE-F660' +\(ont_type\)", said)
    assert said.endswith("these are all; nothing was sent\n")


@pytest.mark.parametrize("driver", ["huawei", "vsol"])
def test_a_driver_that_makes_the_service_says_so_instead_of_rehearsing_less(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], driver: str
) -> None:
    words = (*ALONE, "--registration-alone", "--driver", driver, "--port", str(simulator.snmp_port))

    assert run(*words) == 1
    assert "ask for the service" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--line-profile, --vlan, --traffic-in, --traffic-out must be given, or"),
        (("--vlan", "7", "--traffic-in", "x"), "--line-profile, --traffic-out must be given, or"),
        (("--registration-alone", "--vlan", "7"), "makes no service; leave out --vlan"),
        (("--registration-alone", "--gem-port", "0"), "makes no service; leave out --gem-port"),
    ],
)
def test_options_of_a_service_are_wanted_all_or_none(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run(*ALONE, *words) == 2
    assert said in capsys.readouterr().err
