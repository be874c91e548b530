from pathlib import Path

import pytest

from server import settings
from server.settings import SettingsUnusable


def test_a_lease_must_leave_room_for_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("lease_s = 5\nsnmp_timeout_ms = 4000\n")

    with pytest.raises(SettingsUnusable, match="lease_s 5 is too short for snmp_timeout_ms 4000"):
        settings.load(file, {})

    file.write_text("lease_s = 5\nsnmp_timeout_ms = 2000\n")
    assert settings.load(file, {}).lease_s == 5


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
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)

    with pytest.raises(SettingsUnusable) as refused:
        settings.load(file, {})

    assert named in str(refused.value)


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
