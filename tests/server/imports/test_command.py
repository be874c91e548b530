import csv
from pathlib import Path

import pytest

from server import cli

BAD = """\
external_id,name,email
W1,Lena Fuchs,lena@example.com
W2,,lena@example.com
W3,Noor Haddad,noor
"""


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", sqlite_url)


@pytest.fixture
def technicians(tmp_path: Path) -> Path:
    file = tmp_path / "technicians.csv"
    file.write_text(BAD, "utf-8")
    return file


def test_a_folder_is_imported(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(town)]) == 0
    assert "premises: 40 inserted, 0 updated, 0 unchanged" in capsys.readouterr().out


def test_a_dry_run_says_would(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(town), "--dry-run"]) == 0
    assert "premises: 40 would be inserted" in capsys.readouterr().out
    assert cli.main(["import", str(town)]) == 0
    assert "premises: 40 inserted" in capsys.readouterr().out


def test_bad_rows_are_shown_and_written_down(
    technicians: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quarantine = tmp_path / "rejected.csv"

    assert cli.main(["import", str(technicians), "--quarantine", str(quarantine)]) == 1

    shown = capsys.readouterr()
    assert (
        "technicians.csv row 3, name: '(empty)'; right is text of 1 to 200 characters" in shown.err
    )
    assert "technicians: 1 inserted" in shown.out
    assert "2 quarantined" in shown.out
    with quarantine.open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["file", "row", "column", "value", "right"],
            ["technicians.csv", "3", "name", "(empty)", "text of 1 to 200 characters"],
            [
                "technicians.csv",
                "4",
                "email",
                "noor",
                "a mail address like anna@example.com, or nothing",
            ],
        ]


def test_only_the_first_complaints_are_shown(
    technicians: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    technicians.write_text("external_id,name\n" + ",Lena\n" * 50, "utf-8")
    assert cli.main(["import", str(technicians)]) == 1
    shown = capsys.readouterr().err
    assert shown.count("right is text of 1 to 80 characters") == 10
    assert shown.count("--quarantine FILE writes them all down") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "'nowhere' is no file and no folder; give one that exists"),
        (["x" * 300], "xxx' is no file and no folder; give one that exists"),
        (["{file}", "--quarantine", "a\0b"], "cannot write --quarantine 'a\\x00b': "),
        (["{file}", "--zone", "Mars"], "--zone 'Mars' is not an IANA time zone, like"),
        (["{file}", "--mapping", "nope"], "no mapping 'nope'"),
        (
            ["{file}", "--kind", "olts", "--mapping", "baltimore-county-addresses"],
            "--kind olts, but the mapping 'baltimore-county-addresses' is for premises",
        ),
        (["{town}", "--kind", "olts"], "is a folder; --kind and --mapping belong to one file"),
        (["{other}"], "what is in 'people.csv'? Give --kind: premises, olts"),
        (["{other}", "--kind", "premises"], "people.csv has no column 'address', 'city', "),
        (["{file}", "--quarantine", "/no/such/folder/q.csv"], "cannot write --quarantine"),
        (["{empty}"], "accounts.csv is empty; its first row names the columns"),
    ],
)
def test_wrong_input_is_one_clear_sentence(
    arguments: list[str],
    sentence: str,
    technicians: Path,
    town: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other, empty = tmp_path / "people.csv", tmp_path / "accounts.csv"
    other.write_text(BAD, "utf-8")
    empty.touch()
    places = {"file": technicians, "town": town, "other": other, "empty": empty}

    status = cli.main(["import", *(argument.format(**places) for argument in arguments)])

    assert status == 2
    shown = capsys.readouterr().err
    assert sentence in shown
    assert shown.startswith("firstlight: ")
    assert shown.count("\n") == 1


@pytest.mark.parametrize("whole", [False, True], ids=["the file", "a file of the folder"])
def test_complaints_are_never_written_over_what_they_are_about(
    technicians: Path, capsys: pytest.CaptureFixture[str], *, whole: bool
) -> None:
    linked = technicians.with_name("rejected")
    linked.symlink_to(technicians)
    imported = technicians.parent if whole else technicians

    for quarantine in (technicians, linked):
        assert cli.main(["import", str(imported), "--quarantine", str(quarantine)]) == 2
        assert "is the file to import; give one of its own" in capsys.readouterr().err
    assert technicians.read_text("utf-8") == BAD


@pytest.mark.parametrize("arguments", [[], ["x", "--kind", "houses"], ["x", "--nope"]])
def test_a_wrong_argument_ends_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["import", *arguments])
    assert ended.value.code == 2
    assert "usage: firstlight " in capsys.readouterr().err


def test_a_database_that_is_not_there_is_not_made(
    technicians: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tmp_path / "absent.db"
    monkeypatch.setenv("FIRSTLIGHT_DATABASE_URL", f"sqlite:///{absent}")
    assert cli.main(["import", str(technicians)]) == 2
    assert not absent.exists()
