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


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "olt.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_smallest_scenario_is_one_port(tmp_path: Path) -> None:
    read = read_scenario(written(tmp_path, f"{{{PORTS}}}"))
    assert [port.if_index for port in read.ports] == [4194312192]


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
        ('{"ports": [{"name": "1/1/0"}]}', r"at `\$.ports\[0\].name`, which holds '1/1/0'"),
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
            r"\$.service_ports\[0\] belongs to ONT 6 on 0/1/0",
        ),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_place_in_it(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ScenarioWrong, match=message):
        read_scenario(written(tmp_path, text))


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
