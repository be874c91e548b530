"""A scenario file is right, or its message says where and what would be."""

import re
from pathlib import Path

import pytest

from activation.simulator import scenario
from activation.simulator.scenario import ScenarioWrong, read_scenario

PORTS = '"ports": [{"name": "0/1/0"}]'
PROFILES = '"line_profiles": ["FTTH"], "service_profiles": ["H"]'
ONT = '{"serial": "HWTC1A2B3C4D", "port": "0/1/0"}'
ROW = (
    '{"port": "0/1/0", "ont_id": 5, "serial": "HWTC1A2B3C4D", '
    '"line_profile": "FTTH", "service_profile": "H"}'
)
FLOW = (
    '{"index": 1, "port": "0/1/0", "ont_id": 6, "gem_port": 1, '
    '"service_vlan": 100, "user_vlan": 100}'
)

UNLISTED_VLAN = (
    f'{{{PORTS}, {PROFILES}, "vlans": [7], "service_ports": [{FLOW}], '
    f'"registered": [{ROW.replace("5", "6", 1)}]}}'
)
OTHER_ROW = ROW.replace("5", "6", 1).replace("4D", "4E")
OVERFULL = (
    f'{{"ports": [{{"name": "0/1/0", "capacity": 1}}], {PROFILES}, '
    f'"registered": [{ROW}, {OTHER_ROW}]}}'
)
TWO_TABLES = (
    f'{{{PORTS}, "traffic_tables": [{{"index": 1, "name": "A"}}, {{"index": 1, "name": "B"}}]}}'
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "olt.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_smallest_scenario_is_one_port(tmp_path: Path) -> None:
    read = read_scenario(written(tmp_path, f"{{{PORTS}}}"))
    assert [port.name for port in read.ports] == ["0/1/0"]


def test_a_full_scenario_is_read_as_it_is_written(tmp_path: Path) -> None:
    text = f'{{{PORTS}, {PROFILES}, "onts": [{ONT}], "registered": [{ROW}]}}'
    read = read_scenario(written(tmp_path, text))
    assert read.onts[0].serial == read.registered[0].serial == "HWTC1A2B3C4D"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "truncated"),
        ("[1", "is no JSON"),
        ("[1]", "Expected `object`, got `array`"),
        ("{}", "missing required field `ports`"),
        ('{"ports": []}', r"length >= 1 - at `\$.ports`"),
        (f'{{{PORTS}, "ont": []}}', "unknown field `ont`"),
        (
            '{"ports": [{"name": "1/1/0"}]}',
            r"\$.ports\[0\].name is '1/1/0'; .* is called like 0/1/0",
        ),
        (
            f'{{{PORTS}, "onts": [{{"serial": "x", "port": "0/1/0"}}]}}',
            r"\$.onts\[0\].serial`, which holds 'x'",
        ),
        (f'{{{PORTS}, "onts": [{ONT}, {ONT}]}}', "holds 'HWTC1A2B3C4D' 2 times; once is right"),
        (
            f'{{{PORTS}, "onts": [{ONT.replace("0/1/0", "0/1/9")}]}}',
            r"\$.onts\[0\].port is '0/1/9', which ports\[\] does not list; it has 0/1/0",
        ),
        (
            f'{{{PORTS}, "registered": [{ROW}]}}',
            r"\$.registered\[0\].line_profile is 'FTTH'.*it has none",
        ),
        (
            f'{{{PORTS}, {PROFILES}, "registered": [{ROW}], "service_ports": [{FLOW}]}}',
            r"\$.service_ports\[0\] belongs to ONT 6 on 0/1/0.*it has 5 on 0/1/0",
        ),
        (UNLISTED_VLAN, r"\$.service_ports\[0\].service_vlan is 100, .* not list; it has 7"),
        (OVERFULL, r"\$.ports\[0\].capacity is 1, but registered\[\] lists 2 ONTs on 0/1/0"),
        (TWO_TABLES, r"\$.traffic_tables\[\].index holds '1' 2 times"),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_place_in_it(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ScenarioWrong, match=message):
        read_scenario(written(tmp_path, text))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[1]", r"which holds \[1\]$"),
        (
            b"{}",
            r"missing required field `ports`, which holds \{\}; right is with the fields ports,",
        ),
        (b'{"ports": []}', r"at `\$.ports`, which holds \[\]$"),
        (b'{"ports": [{"name": null}]}', r"which holds null; right is frame/slot/port"),
        (b'{"ports": [{"name": "0/1/0", "colour": 1}]}', r"`colour` .*the fields name, capacity,"),
        (b'{"ports": [{"name": "0/1/0", "sfp_tx_cdbm": 99999999999}]}', "which holds 99999999999;"),
        (b'{"ports": "' + b"x" * 9000 + b'"}', r"which holds 'x{79}\N{HORIZONTAL ELLIPSIS}$"),
        (b'{"name": "\xff"}', r"is no JSON: b'\\xff' is not UTF-8$"),
        (b"[" * 100_000, r"'\[{80}' nests too deep"),
        (b'{"ports": ' + b"[" * 900 + b"]" * 900 + b"}", "which holds|nests too deep"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_is_one_short_line_with_the_value(
    tmp_path: Path, raw: bytes, message: str
) -> None:
    path = tmp_path / "olt.json"
    path.write_bytes(raw)

    with pytest.raises(ScenarioWrong, match=message) as refused:
        read_scenario(path)

    assert str(refused.value).startswith(f"scenario {str(path)!r}: ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < len(str(path)) + 400


def test_a_scenario_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioWrong, match=r"nowhere.json' cannot be read: No such file"):
        read_scenario(tmp_path / "nowhere.json")


def examples() -> list[str]:
    page = Path(__file__).parents[3] / "docs" / "olt-simulator.md"
    (block,) = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    _, _, indented = (scenario.__doc__ or "").partition("::")
    return [block, indented]


@pytest.mark.parametrize("text", examples())
def test_the_examples_of_page_and_module_are_right(tmp_path: Path, text: str) -> None:
    assert read_scenario(written(tmp_path, text)).onts[0].serial == "HWTC1A2B3C4D"
