import tomllib
from pathlib import Path

from server import settings
from server.demo.installation import Outside, as_toml, make_secrets, settings_of


def test_the_server_takes_the_settings_of_the_demo(tmp_path: Path) -> None:
    outside = Outside(mail_port=2525, secrets=make_secrets())
    file = tmp_path / "firstlight.toml"
    file.write_text(as_toml(settings_of(tmp_path, outside, port=0, lease_s=5)), encoding="utf-8")

    known = settings.load(file, {})

    assert known.mail.port == 2525
    assert known.snmp["demo"].write.reveal() == outside.secrets.write_community
    assert known.webhook_secrets["billing"].reveal() == outside.secrets.webhook
    assert known.lease_s == 5


def test_tables_within_tables_survive_the_way_to_toml() -> None:
    values = {"a": "x\n", "list": ["1", "2"], "t": {"n": 1, "deep": {"on": False}}}

    assert tomllib.loads(as_toml(values)) == values
