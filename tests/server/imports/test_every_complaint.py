"""Every line of a quarantine names row, column, value and what would be right: all kinds, all ways.

Each way spoils the last row of a sample file; ``None`` says that a kind knows no such fault.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from server.database import Store
from server.imports.complaints import Complaint
from server.imports.kinds import KINDS, Kind
from tests.server.imports.loading import load

Rows = list[list[str]]


class Sample(msgspec.Struct):
    """A file of the sample town: its header and its rows."""

    kind: Kind
    header: list[str]
    rows: Rows

    def put(self, column: str, value: str) -> None:
        """Set a cell of the last row."""
        self.rows[-1][self.header.index(column)] = value

    def get(self, row: int, column: str) -> str:
        return self.rows[row][self.header.index(column)]

    def text(self) -> str:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows([self.header, *self.rows])
        return stream.getvalue()


OTHERS: Final = {
    "tickets": "external_id,number,account,premise,subject,priority,opened_at,closed_at\n"
    "T-1,1,AUE-A01,,No light,high,2026-07-01T18:40:00+02:00,\n"
    "T-2,2,AUE-A02,AUE-1002,Slow,low,2026-07-01T19:00:00+02:00,2026-07-02T08:00:00+02:00\n",
    "product-overrides": "product,olt,line_profile,service_profile,vlan,user_vlan,gem_port\n"
    "fiber-1000,AUE-OLT1,,,2100,,\nfiber-300,AUE-OLT1,FTTH-2,,2100,,\n",
    "ont-models": "model,vendor,serial_prefixes,optic_classes,supported,note\n"
    "HG8010,Huawei,HWTC,GPON_B+,no,\nHG8245H,Huawei,HWTC,GPON_B+,yes,\n",
}
"""Of the kinds that the sample town leaves out."""

Spoil = Callable[[Sample, str], str | None]
"""Spoils a sample, perhaps in a column; gives the text of the file, or None where it cannot."""


def _empty(sample: Sample, column: str) -> str | None:
    fields = {field.name: field for field in msgspec.structs.fields(sample.kind.row_type)}
    sample.put(column, "")
    return sample.text() if fields[column].required else None


def _invisible(sample: Sample, column: str) -> str:
    sample.put(column, "a\x07b")
    return sample.text()


def _endless(sample: Sample, column: str) -> str:
    sample.put(column, "9" * 5000)
    return sample.text()


def _short(sample: Sample, _column: str) -> str:
    sample.rows[-1] = sample.rows[-1][:1]
    return sample.text()


def _long(sample: Sample, _column: str) -> str:
    sample.rows[-1].append("more")
    return sample.text()


def _open_quote(sample: Sample, _column: str) -> str:
    return sample.text() + '"' + ",".join(sample.rows[-1])


def _repeated(sample: Sample, _column: str) -> str:
    sample.rows.append(list(sample.rows[-1]))
    return sample.text()


def _same_place(sample: Sample, _column: str) -> str | None:
    for column in sample.kind.unique:
        sample.put(column, sample.get(0, column))
    return sample.text() if sample.kind.unique else None


def _nowhere(sample: Sample, column: str) -> str | None:
    sample.put(column, "NOWHERE")
    return sample.text() if column in sample.kind.refers else None


def _fixed(sample: Sample, column: str) -> str | None:
    others = {"premise": "AUE-1001", "currency": "CHF"}
    sample.put(column, others.get(column, "7"))
    return sample.text() if column in sample.kind.fixed else None


def _beyond(sample: Sample, column: str) -> str | None:
    sample.put(column, "9")
    limited = {limit.field for limit in sample.kind.limits}
    return sample.text() if column in limited else None


def _crowded(sample: Sample, column: str) -> str | None:
    if sample.kind.room is None or column != sample.kind.room.of:
        return None
    for number in range(64):
        sample.rows.append([f"NEW-{number}", *sample.rows[-1][1:]])
    return sample.text()


def _rested_upon(sample: Sample, column: str) -> str | None:
    fewer = {"terminals": {"ports": "7"}}.get(sample.kind.name, {})
    sample.put(column, fewer.get(column, ""))
    return sample.text() if column in fewer else None


WAYS: Final[dict[str, Spoil]] = {
    "an empty cell": _empty,
    "an invisible character": _invisible,
    "a value beyond all bounds": _endless,
    "too few columns": _short,
    "too many columns": _long,
    "no CSV": _open_quote,
    "a repeated key": _repeated,
    "a place given twice": _same_place,
    "a reference to nothing": _nowhere,
    "a fixed value changed": _fixed,
    "a place that does not exist": _beyond,
    "no room left": _crowded,
    "taken from what rests on it": _rested_upon,
}
OF_THE_WHOLE_ROW: Final = {"too few columns", "too many columns", "no CSV"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_complaint_of_every_kind_is_whole(
    store: Store, town: Path, tmp_path: Path, way: str
) -> None:
    load(store, town)
    spoilt = 0
    for kind in KINDS.values():
        for column in kind.row_type.__struct_fields__:
            sample = _sample(town, kind)
            text = WAYS[way](sample, column)
            if text is None:
                continue
            spoilt += 1
            file = tmp_path / f"{kind.name}.csv"
            file.write_text(text, encoding="utf-8")
            complaints = load(store, file).complaints
            assert complaints, (kind.name, column)
            for complaint in complaints:
                _require_whole(complaint, sample, way)
    assert spoilt, "no kind has a file with this fault"


def _sample(town: Path, kind: Kind) -> Sample:
    """Take the file of the sample town; what the town leaves out is written here."""
    file = town / f"{kind.name}.csv"
    text = file.read_text(encoding="utf-8") if file.exists() else OTHERS[kind.name]
    header, *rows = csv.reader(text.splitlines())
    for field in msgspec.structs.fields(kind.row_type):
        if field.name not in header:
            header.append(field.name)
            rows = [[*row, ""] for row in rows]
    return Sample(kind, header, rows)


def _require_whole(complaint: Complaint, sample: Sample, way: str) -> None:
    columns = complaint.column.split(" + ")
    if way in OF_THE_WHOLE_ROW:
        assert columns == ["(whole row)"], complaint
    else:
        assert set(columns) <= set(sample.header), complaint
    assert complaint.row >= 2
    assert complaint.value.strip(), complaint
    assert complaint.right.strip(), complaint
    assert complaint.right not in {"another value", complaint.value}, complaint
    assert "None" not in complaint.right, complaint


def test_an_empty_cell_is_told_what_its_reader_takes(
    store: Store, town: Path, tmp_path: Path
) -> None:
    sample = _sample(town, KINDS["splitters"])
    sample.put("ratios", "")
    (tmp_path / "splitters.csv").write_text(sample.text(), encoding="utf-8")

    complaints = load(store, tmp_path / "splitters.csv").complaints

    (complaint,) = (each for each in complaints if each.column == "ratios")
    assert complaint.value == "(empty)"
    assert complaint.right.startswith("splitter ratios from the OLT outwards, like 1:4 1:8")


def test_what_is_no_csv_is_shown_as_it_stands(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "technicians.csv"
    file.write_text('external_id,name\nW1,"Lena" Fuchs\nW2,Noor Haddad\n', encoding="utf-8")

    heard = load(store, file)

    (complaint,) = heard.complaints
    assert (complaint.row, complaint.value) == (2, 'W1,"Lena" Fuchs')
    assert complaint.right.startswith("a CSV row; ")
    assert heard.finished["technicians"].inserted == 1
