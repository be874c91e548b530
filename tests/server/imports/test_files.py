import csv
import io
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from server.imports import files, profiles
from server.imports.complaints import FileRefused
from server.imports.files import Faulty, Numbered, Reading, Skipped
from server.imports.kinds import KINDS
from server.imports.profiles import Profile
from server.imports.rows import PremiseRow

HEADER = "external_id,address,city,postcode,latitude,longitude,zone"
GOOD = "P1,Lindenweg 1,Auental,00417,51.2,12.1,Europe/Berlin"


def read(path: Path, content: str | bytes, profile: Profile | None = None) -> list[Reading]:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(raw)
    return list(files.read(path, profile or profiles.own(KINDS["premises"])))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "premises.csv"


def test_a_good_row_is_typed(file: Path) -> None:
    assert read(file, f"{HEADER}\n{GOOD}\n") == [
        Numbered(
            2,
            PremiseRow(
                external_id="P1",
                address="Lindenweg 1",
                city="Auental",
                postcode="00417",
                latitude=51.2,
                longitude=12.1,
                zone="Europe/Berlin",
            ),
        )
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\n{GOOD}\n",
        f"{HEADER}\r\n{GOOD}\r\n",
        f"{HEADER},remark\n{GOOD},ignored\n",
        f" {HEADER} \n\n{GOOD}\n\n",
    ],
    ids=["byte order mark", "CRLF", "more columns", "blank lines and blanks"],
)
def test_what_spreadsheets_do_to_files_does_no_harm(file: Path, content: str) -> None:
    (reading,) = read(file, content)
    assert isinstance(reading, Numbered)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "premises.csv is empty; its first row names the columns"),
        ("\n", "premises.csv is empty"),
        (f"{HEADER}\nP1,M\xfcller".encode("latin-1"), "not UTF-8 near byte 62; save it as UTF-8"),
        (b"\xff\xfea\x00", "not UTF-8 near byte 0"),
        ("city,city\n", "has the column 'city' twice; name each column once"),
        ("external_id;address\n", "has no column 'address', .* it has 'external_id;address'"),
        (HEADER.replace("latitude", "lat"), "has no column 'latitude'; it has .*'lat'"),
        ('"external_id\n', "is not CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    file: Path, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(FileRefused, match=sentence):
        read(file, content)


@pytest.mark.parametrize(
    ("kind", "column", "written"),
    [
        ("onts", "technician", "technican"),
        ("olts", "snmp_port", "snmp port"),
        ("pon-ports", "launch_cdbm", "launch_dbm"),
        ("accounts", "email", "E-Mail"),
        ("accounts", "billing_day", "billing_dya"),
        ("products", "version", "Version"),
    ],
)
def test_a_misspelt_column_that_may_be_left_out_is_refused_and_not_ignored(
    tmp_path: Path, kind: str, column: str, written: str
) -> None:
    path = tmp_path / f"{kind}.csv"
    header = ",".join(KINDS[kind].row_type.__struct_fields__).replace(column, written)

    with pytest.raises(FileRefused, match=f"no column '{column}', but '{written}'; name it"):
        read(path, f"{header}\n", profiles.own(KINDS[kind]))


def test_a_column_that_may_be_left_out_is_not_missed(tmp_path: Path) -> None:
    header = "serial,model,tested,remark"

    (reading,) = read(
        tmp_path / "onts.csv", f"{header}\nHWTC5A111600,X,,\n", profiles.own(KINDS["onts"])
    )

    assert isinstance(reading, Numbered)


def test_a_file_that_is_not_utf8_at_its_end_is_refused_before_its_first_row(file: Path) -> None:
    content = f"{HEADER}\n".encode() + f"{GOOD}\n".encode() * 40_000 + b"\xff\n"
    file.write_bytes(content)
    with pytest.raises(FileRefused, match=f"near byte {len(content) - 2}"):
        next(files.read(file, profiles.own(KINDS["premises"])))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"absent\.csv': No such file"):
        next(files.read(tmp_path / "absent.csv", profiles.own(KINDS["premises"])))


@pytest.mark.parametrize(
    ("kind", "column", "value", "right"),
    [
        ("premises", "latitude", "95", "a number from -90 to 90"),
        ("premises", "latitude", "nan", "a number from -90 to 90"),
        ("premises", "latitude", "51,2", "a number from -90 to 90"),
        ("premises", "longitude", "", "a number from -180 to 180"),
        ("premises", "zone", "Berlin", "an IANA time zone, like Europe/Berlin or America/New_York"),
        ("premises", "external_id", "x" * 81, "text of 1 to 80 characters"),
        ("premises", "city", "Auen\x00tal", "text without invisible characters"),
        ("olts", "snmp_port", "70000", "a whole number from 1 to 65535"),
        ("olts", "driver", "acme", "an OLT driver; known are huawei"),
        ("pon-ports", "optic_class", "B+", "an optic class; known are GPON_B+, GPON_C+"),
        ("pon-ports", "launch_cdbm", "3.5", "a whole number from -6000 to 1500, or nothing"),
        ("splitters", "ratios", "1:6", "known are 1:2, 1:4, 1:8, 1:16, 1:32, 1:64, 1:128"),
        ("splitters", "ratios", "x", "splitter ratios from the OLT outwards"),
        ("splitters", "ratios", "1:32 1:16", "at most 256 outputs in all, like 1:4 1:8; these "),
        ("splitters", "feeder_length_m", "-1", "a whole number from 0 to 60000"),
        ("terminals", "distribution_length_m", "60001", "a whole number from 0 to 60000"),
        ("drops", "length_m", "60001", "a whole number from 0 to 60000"),
        ("drops", "terminal_port", "0", "a whole number from 1 to 288"),
        ("accounts", "currency", "eur", "a currency of three capital letters, like EUR"),
        ("accounts", "currency", "EUX", "that ISO 4217 lists at present"),
        ("accounts", "currency", "DEM", "that ISO 4217 lists at present"),
        ("products", "currency", "XAU", "that ISO 4217 lists at present"),
        ("products", "currency", "€", "a currency of three capital letters, like EUR"),
        ("accounts", "email", "anna", "a mail address like anna@example.com"),
        ("accounts", "billing_day", "31", "a whole number from 1 to 28"),
        ("products", "price_minor", "39.90", "a whole number from 0 to 1000000000000"),
        ("products", "vlan", "4095", "a whole number from 1 to 4094"),
        ("onts", "serial", "1234", "it has 4 vendor letters and 8 hex digits"),
        ("onts", "serial", "HWTC00000000", "is a placeholder"),
    ],
)
def test_a_bad_value_is_named_with_what_would_be_right(
    file: Path, town: Path, kind: str, column: str, value: str, right: str
) -> None:
    with (town / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
        header, first, *_ = csv.reader(stream)
    first[header.index(column)] = value
    text = io.StringIO()
    csv.writer(text).writerows([header, first])

    (reading,) = read(file, text.getvalue(), profiles.own(KINDS[kind]))

    assert isinstance(reading, Faulty)
    (complaint,) = reading.complaints
    assert (complaint.row, complaint.column) == (2, column)
    assert complaint.value == (value or "(empty)")
    assert right in complaint.right


def test_every_fault_of_a_row_is_named_at_once(file: Path) -> None:
    (reading,) = read(file, f"{HEADER}\nP1,,Auental,00417,95,12.1,Berlin\n")
    assert isinstance(reading, Faulty)
    assert {complaint.column for complaint in reading.complaints} == {"address", "latitude", "zone"}


@pytest.mark.parametrize("row", ["P1,Lindenweg 1", f"{GOOD},more"])
def test_a_ragged_row_harms_no_other(file: Path, row: str) -> None:
    readings = read(file, f"{HEADER}\n{row}\n{GOOD}\n")
    assert [type(reading) for reading in readings] == [Faulty, Numbered]
    assert isinstance(readings[0], Faulty)
    assert readings[0].complaints[0].right.startswith("7 columns like the header, not ")


def test_a_repeated_key_names_the_row_that_had_it_first(file: Path) -> None:
    readings = read(file, f"{HEADER}\n{GOOD}\n{GOOD.replace('P1', 'P2')}\n{GOOD}\n")
    assert isinstance(readings[2], Faulty)
    (complaint,) = readings[2].complaints
    assert (complaint.row, complaint.column, complaint.value) == (4, "external_id", "P1")
    assert complaint.right == "a value of its own; row 2 has the same"


def test_two_drops_cannot_take_one_port_of_a_terminal(file: Path) -> None:
    header = "external_id,terminal,premise,terminal_port,length_m,connectors,splices"
    content = f"{header}\nD1,T1,P1,3,10,4,4\nD2,T1,P2,3,10,4,4\n"
    readings = read(file, content, profiles.own(KINDS["drops"]))
    assert isinstance(readings[1], Faulty)
    assert readings[1].complaints[0].column == "terminal + terminal_port"


def test_a_zone_stands_for_what_the_file_does_not_say(file: Path) -> None:
    profile = profiles.own(KINDS["premises"], zone="Europe/Berlin")
    header, row = HEADER.removesuffix(",zone"), GOOD.removesuffix(",Europe/Berlin")
    (reading,) = read(file, f"{header}\n{row}\n", profile)
    assert isinstance(reading, Numbered)


ADDRESSES = """\
source_id,house_number,house_number_suffix,street,city,state,postcode,lat,lon,use,status,parent_id
1,25,,TENBY CT,LUTHERVILLE TIMONIUM,MD,21093,39.449648,-76.65979,RESIDENTIAL,ACTIVE,0
2,11820,A,MAYS CHAPEL RD,TOWSON,MD,21093,39.4,-76.6,RESIDENTIAL,ACTIVE,0
3,12,1/2,OLD O'BRIEN ST,TOWSON,MD,21093,39.4,-76.6,RESIDENTIAL,INACTIVE,0
4,7,,21ST  ST,TOWSON,MD,21093,139.4,-76.6,RESIDENTIAL,ACTIVE,0
"""


def test_a_county_s_addresses_are_read_as_they_are(file: Path) -> None:
    readings = read(file, ADDRESSES, profiles.load("baltimore-county-addresses"))
    assert [type(reading) for reading in readings] == [Numbered, Numbered, Skipped, Faulty]
    first, second, _, faulty = readings
    assert isinstance(first, Numbered)
    assert first.row == PremiseRow(
        external_id="1",
        address="25 Tenby Ct",
        city="Lutherville Timonium",
        postcode="21093",
        latitude=39.449648,
        longitude=-76.65979,
        zone="America/New_York",
    )
    assert isinstance(second, Numbered)
    assert isinstance(second.row, PremiseRow)
    assert second.row.address == "11820 A Mays Chapel Rd"
    assert isinstance(faulty, Faulty)
    assert faulty.complaints[0].column == "lat", "the file's own name of the column"


@hypothesis.given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused_or_complained_about(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    for content in (raw, f"{HEADER}\n".encode() + raw):
        try:
            readings = read(file, content)
        except FileRefused:
            continue
        assert all(isinstance(reading, Faulty | Skipped | Numbered) for reading in readings)
