from pathlib import Path

import pytest

from activation.snmp import Secret
from server import cli
from server.settings import MailSettings, Settings, SettingsUnusable
from server.settings_checks import require_usable

GOOD = Secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")


def test_settings_that_can_work_are_let_through() -> None:
    networks = ("10.1.0.0/16", "fd00::/8")

    require_usable(Settings())
    require_usable(Settings(webhook_secrets={"billing": GOOD}, webhook_networks_allowed=networks))


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2VjcmV0", "geheim!", "whsec_geh\neim"])
def test_a_webhook_secret_that_cannot_sign_is_named_and_not_shown(text: str) -> None:
    unusable = Settings(webhook_secrets={"billing": GOOD, "crm": Secret(text)})

    with pytest.raises(
        SettingsUnusable, match=r"webhook_secrets\.crm: the webhook secret "
    ) as said:
        require_usable(unusable)

    assert "billing" not in str(said.value)
    assert "c2VjcmV0" not in str(said.value)
    assert "geh" not in str(said.value)


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (Settings(operator_slug="-north"), "operator_slug: '-north'"),
        (Settings(operator_slug="north\n"), "operator_slug: 'north\\n'"),
        (Settings(mail=MailSettings(sender="operator")), "mail.sender: 'operator'"),
        (Settings(mail=MailSettings(sender="a@b\n")), "mail.sender: 'a@b\\n'"),
        (Settings(mail=MailSettings(sender="Us <a@b.example>")), "without a name"),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_what_would_be_right(
    wanted: Settings, named: str
) -> None:
    with pytest.raises(SettingsUnusable) as said:
        require_usable(wanted)

    assert named in str(said.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsUnusable, match=r"operator_slug.*; and mail\.sender"):
        require_usable(Settings(operator_slug="-", mail=MailSettings(sender="")))


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_no_server_starts_with_settings_that_cannot_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[webhook_secrets]\nbilling = "whsec_c2VjcmV0"\n')

    assert cli.main(["--settings", str(file), command]) == cli.WRONG_INPUT

    said = capsys.readouterr().err
    assert "webhook_secrets.billing" in said
    assert "c2VjcmV0" not in said
