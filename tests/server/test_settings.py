import re
from pathlib import Path

import pytest

from server import cli, settings
from server.settings import SettingsUnusable

ROOT = Path(__file__).parents[2]


def test_a_lease_must_leave_room_for_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("lease_s = 5\nsnmp_timeout_ms = 4000\n")

    with pytest.raises(SettingsUnusable, match="lease_s 5 is too short for snmp_timeout_ms 4000"):
        settings.load(file, {})

    file.write_text("lease_s = 5\nsnmp_timeout_ms = 2000\n")
    assert settings.load(file, {}).lease_s == 5


_NOC = "[snmp_users.olts]\nuser = 'noc'\nauth_key = 'authpassword'\npriv_key = 'privpassword'\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 8080\n", "prot"),
        ("port = 99999\n", "port"),
        ('port = "much"\n', "port"),
        ("port = \n", "not TOML"),
        ('operator_slug = "Nord Netz"\n', "operator_slug"),
        ('crash_at = "soon"\n', "crash_at"),
        ("[snmp.town]\nread = 1\nwrite = 2\n", "read"),
        ("port = 99999\n", "settings.toml': port is 99999; it must be a whole number of at most"),
        ('run_processes = "maybe"\n', "run_processes is 'maybe'; it must be true or false"),
        ('log_level = "loud"\n', "log_level is 'loud'; it must be one of debug, info, warning"),
        ("Port = 80\n", "there is no setting 'Port'; did you mean port?"),
        ("zzz = 1\n", "there is no setting 'zzz'; known are database_url, "),
        ('[mail]\nhst = "x"\n', "mail.hst is not known here; known are host, port, "),
        ('[mail]\nport = "x"\n', "mail.port is 'x'; it must be a whole number"),
        ("[mail]\ntimeout_s = 0\n", "mail.timeout_s is 0; it must be a whole number of at least 1"),
        (
            f"{_NOC}[snmp.olts]\nread = 'r'\nwrite = 'w'\n",
            "settings.toml', snmp_users: 'olts' is in snmp, too",
        ),
        (_NOC.replace("privpassword", "short"), "snmp_users: 'olts': priv_key has fewer than 8"),
        (_NOC + "priv_method = '3des'\n", "priv_method must be one of aes, aes192, aes192-ree"),
        (
            'webhook_networks_allowed = ["10.1.0.1/16"]\n',
            "webhook_networks_allowed: '10.1.0.1/16' is no network: 10.1.0.1/16 has host bits set",
        ),
        (
            'database_url = "nonsense"\n',
            "database_url: 'nonsense' is no database URL; write sqlite",
        ),
        ("lease_s = 5\nsnmp_timeout_ms = 9000\n", "settings.toml', lease_s: lease_s 5 is too"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)

    with pytest.raises(SettingsUnusable) as refused:
        settings.load(file, {})

    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("PORT", "tcp://10.0.0.1:80", "FIRSTLIGHT_PORT: port is 'tcp://10.0.0.1:80'; it must be"),
        ("SECURE_COOKIE", "0", "FIRSTLIGHT_SECURE_COOKIE: there is no such setting; did you mean"),
        ("SECURE_COOKIE", "0", "did you mean SECURE_COOKIES?"),
        ("port", "80", "FIRSTLIGHT_port: there is no such setting; did you mean PORT?"),
        ("QQQQ", "1", "FIRSTLIGHT_QQQQ: there is no such setting; known are DATABASE_URL, "),
        ("SNMP", "{", "FIRSTLIGHT_SNMP is not JSON: Input data was truncated; write it like"),
        ("DATABASE_URL", "x", "FIRSTLIGHT_DATABASE_URL: 'x' is no database URL"),
        ("WEBHOOK_NETWORKS_ALLOWED", '["ten"]', "NETWORKS_ALLOWED: 'ten' is no network: "),
    ],
)
def test_a_wrong_variable_is_named(variable: str, text: str, said: str) -> None:
    with pytest.raises(SettingsUnusable) as refused:
        settings.load(None, {f"FIRSTLIGHT_{variable}": text})

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SNMP", '{"olts": {"read": ["verysecret"], "write": "verysecret"}}'),
        ("SNMP", '{"olts": {"read": "verysecret"}}'),
        ("SNMP", '{"olts": "verysecret"}'),
        ("SNMP", '"verysecret"'),
        ("SNMP", '{"olts": verysecret}'),
        ("SNMP_USERS", '{"olts": {"user": "noc", "auth_key": "verysecret"}}'),
        ("SNMP_USERS", '{"olts": {"user": "noc", "auth_key": "verysecret", "priv_key": "short"}}'),
        (
            "SNMP_USERS",
            '{"olts": {"auth_key": "verysecret", "priv_method": "3des"}}',
        ),
        ("WEBHOOK_SECRETS", '{"billing": {"key": "verysecret"}}'),
        ("WEBHOOK_SECRETS", '["verysecret"]'),
        ("DATABASE_URL", "postgresql//clerk:verysecret@localhost/x"),
    ],
)
def test_no_secret_is_part_of_a_complaint(variable: str, text: str) -> None:
    with pytest.raises(SettingsUnusable, match=f"FIRSTLIGHT_{variable}") as refused:
        settings.load(None, {f"FIRSTLIGHT_{variable}": text})

    assert "verysecret" not in str(refused.value)


def test_the_variables_of_our_other_programs_are_left_to_them() -> None:
    others = {"FIRSTLIGHT_FIELD_PORT": "x", **dict.fromkeys(settings.OTHERS_VARIABLES, "x")}

    found = settings.load(None, {**others, "PATH": "/bin"})

    assert found == settings.Settings()


def test_every_variable_that_the_tree_speaks_of_belongs_to_somebody() -> None:
    """A name that a program comes to read must not keep a server beside it from starting."""
    ours = {f"FIRSTLIGHT_{name.upper()}" for name in settings.Settings.__struct_fields__}
    spoken_of = {
        name
        for pattern in ("*.py", "*/*.py", "server/**/*.py", "activation/**/*.py", ".ci/run", "*.md")
        for file in ROOT.glob(pattern)
        if ".venv" not in file.parts and "node_modules" not in file.parts
        for name in re.findall(r"FIRSTLIGHT_[A-Z_]*[A-Z]", file.read_text(encoding="utf-8"))
        if not name.startswith(settings.FIELD_PREFIX.rstrip("_"))
    }

    assert not settings.OTHERS_VARIABLES - spoken_of
    assert spoken_of - ours <= settings.OTHERS_VARIABLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an operator stands, beside a file that is no folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    return tmp_path


@pytest.mark.parametrize("command", ["serve", "worker", "doctor", "migrate"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "blob_folder",
            "a-file",
            "cannot hold blobs, for in 'a-file' no file can be made: Not a dir",
        ),
        ("blob_folder", "a-file/blobs", "'a-file/blobs' cannot hold blobs"),
        ("blob_folder", "/proc/blobs", "'/proc/blobs' cannot hold blobs, for in '/proc' no file"),
        ("database_url", "nonsense", "'nonsense' is no database URL"),
        ("database_url", "postgresql://h:port/x", "is no database URL"),
        ("database_url", "sqlite:///.", "'.' is a folder; name a file in it"),
    ],
)
def test_what_cannot_work_is_one_line_and_a_two_in_every_command_of_an_installation(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, name: str, value: str, said: str
) -> None:
    file = folder / "settings.toml"
    file.write_text(f'{name} = "{value}"\n')

    assert cli.main(["--settings", str(file), command]) == cli.WRONG_INPUT

    shown = capsys.readouterr().err
    assert shown.startswith(f"firstlight: '{file}', {name}: ")
    assert said in shown
    assert shown.count("\n") == 1


def test_looking_at_the_folder_of_blobs_makes_nothing(tmp_path: Path) -> None:
    environment = {"FIRSTLIGHT_BLOB_FOLDER": str(tmp_path / "not" / "yet")}

    found = settings.load_installation(None, environment)

    assert found.blob_folder == str(tmp_path / "not" / "yet")
    assert list(tmp_path.iterdir()) == []


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("port = 1\n")
    environment = {
        "FIRSTLIGHT_PORT": "2",
        "FIRSTLIGHT_WEBHOOK_SECRETS": '{"billing": "whsec_abc"}',
    }

    found = settings.load(file, environment)

    assert found.port == 2
    assert found.webhook_secrets["billing"].reveal() == "whsec_abc"
    assert "whsec_abc" not in repr(found)
