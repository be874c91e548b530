from pathlib import Path

import pytest

from server import settings
from server.session_sources.sources import opened_sources
from server.settings import Settings, SettingsUnusable
from server.settings_checks import find_unusable

BNG = """
[session_sources.bng]
kind = "radius"
url = "postgresql://reader:verysecret@radius.example/radius"
identifier = "fl-{service_id}"
"""
KEA = """
[session_sources.dhcp]
kind = "kea"
url = "http://127.0.0.1:8000/"
identifier = "{serial}"
user = "noc"
password = "verysecret"
"""


def read(folder: Path, text: str) -> Settings:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file, {})


async def test_each_olt_is_asked_about_at_its_own_source(tmp_path: Path) -> None:
    text = 'session_source = "bng"\nsession_source_of_olts = {"OLT-7" = "dhcp", "OLT-8" = ""}\n'
    wanted = read(tmp_path, text + BNG + KEA)

    async with opened_sources(wanted) as sources:
        assert sources is not None
        found = {olt: sources.of(olt) for olt in ("OLT-1", "OLT-7", "OLT-8")}
        assert sources.is_required

    assert {olt: asked and asked.name for olt, asked in found.items()} == {
        "OLT-1": "bng",
        "OLT-7": "dhcp",
        "OLT-8": None,
    }


async def test_sources_that_no_olt_uses_are_not_opened(tmp_path: Path) -> None:
    async with opened_sources(read(tmp_path, BNG + KEA)) as sources:
        assert sources is None


def test_sources_that_can_be_used_are_not_complained_about(tmp_path: Path) -> None:
    wanted = read(tmp_path, 'session_source = "bng"\n' + BNG + KEA)

    assert list(find_unusable(wanted)) == []
    assert "verysecret" not in repr(wanted)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('session_source = "bgn"\n' + BNG, "session_source: 'bgn' is none of the session_sources"),
        ('session_source = "x"\n', "there are: none"),
        (
            'session_source_of_olts = {"OLT-7" = "x"}\n' + BNG,
            "session_source_of_olts.OLT-7: 'x' is none of the session_sources; there are: bng",
        ),
        (BNG.replace("{service_id}", "{id}"), "session_sources.bng.identifier: 'fl-{id}': no fie"),
        (BNG + 'zone = "Mars"\n', "session_sources.bng.zone: 'Mars' is no time zone"),
        (BNG.replace("postgresql", "mysql"), "session_sources.bng.url: 'mysql' is not supported"),
        (KEA.replace("http://", "ftp://"), "session_sources.dhcp.url: it is no address like"),
        (KEA.replace("//", "//noc:verysecret@"), "session_sources.dhcp.url: it is no address"),
    ],
)
def test_a_source_that_cannot_work_is_named_before_the_start(
    tmp_path: Path, text: str, said: str
) -> None:
    (complaint,) = find_unusable(read(tmp_path, text))

    assert said in complaint
    assert "verysecret" not in complaint


@pytest.mark.parametrize(
    "text",
    [
        BNG.replace("radius", "diameter", 1),
        BNG + 'column = "verysecret"\n',
        BNG + "timeout_ms = 5\n",
        KEA + 'found_by = "remote_id"\n',
        KEA.replace('"verysecret"', '["verysecret"]'),
        'session_proof = "maybe"\n',
    ],
)
def test_a_source_of_the_wrong_form_is_refused_without_its_secret(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(SettingsUnusable, match="session_") as refused:
        read(tmp_path, text)

    assert "verysecret" not in str(refused.value)
