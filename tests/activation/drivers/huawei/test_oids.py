"""The constants of the Huawei driver say where they come from, and agree with published figures."""

import re
from pathlib import Path

import pytest

from activation.drivers.huawei import oids
from activation.drivers.huawei.rows import guessed_if_index, port_named
from activation.requests import PonPort

SOURCE = Path(oids.__file__).read_text(encoding="utf-8").splitlines()
CONSTANTS = [line for line in SOURCE if re.match(r"[A-Z_]+: Final", line)]
DRIVER_FILES = sorted(Path(oids.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("line", CONSTANTS)
def test_every_constant_cites_its_source(line: str) -> None:
    assert re.search(r"#\s+(XPON|FLOW|TRAP|RFC|HUAWEI-|MA5608T)\S*,? \S+", line), line


@pytest.mark.parametrize("line", CONSTANTS)
def test_every_oid_is_dotted_decimal(line: str) -> None:
    value = getattr(oids, line.partition(":")[0])

    assert isinstance(value, int) or re.fullmatch(r"1(\.[0-9]+)+", value)


@pytest.mark.parametrize("path", DRIVER_FILES, ids=lambda path: path.name)
def test_no_oid_hides_outside_the_list(path: Path) -> None:
    if path.name == "oids.py":
        return
    assert not re.search(r"[\"'][0-9]+(\.[0-9]+){3,}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("if_index", "port"), [(4194304000, "0/0/0"), (4194304256, "0/0/1"), (4194312192, "0/1/0")]
)
def test_the_formula_agrees_with_a_published_port_map(if_index: int, port: str) -> None:
    frame, slot, number = (int(part) for part in port.split("/"))

    assert guessed_if_index(PonPort(frame=frame, slot=slot, port=number)) == if_index


@pytest.mark.parametrize(
    ("name", "is_port"),
    [(b"GPON 0/1/0", True), (b"gpon0/1/0", True), (b"XGS-PON 0/1/0", True), (b"GPON 0/1/0\0", True),
     (b"ethernet0/9/0", False), (b"GPON 0/1", False), (b"", False), (b"\xff\xfe", False),
     (None, False), (7, False)],
)  # fmt: skip
def test_a_port_is_recognised_by_its_name(name: bytes | int | None, *, is_port: bool) -> None:
    expected = PonPort(frame=0, slot=1, port=0) if is_port else None

    assert port_named(name) == expected
